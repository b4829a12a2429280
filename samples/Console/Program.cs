// Classifies a photo with a model that a server has stored, without HTTP:
//   dotnet run -- FOLDER MODEL PHOTO
// FOLDER is the server's data folder, such as ../Web/data. It is only read.
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;

if (args is not [var folder, var model, var path])
{
    Console.Error.WriteLine("Usage: dotnet run -- FOLDER MODEL PHOTO");
    return 2;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Configuration.AddInMemoryCollection(
    new Dictionary<string, string?>
    {
        ["ModelService:Storage:Path"] = Path.GetFullPath(folder),
        ["ModelService:Storage:ReadOnly"] = "true",
        ["ModelService:Storage:Load"] = "on_demand",
    }
);
builder.Services.AddModels();
using var host = builder.Build();
await host.StartAsync();
try
{
    await using var photo = File.OpenRead(path);
    var found = await host.Services.GetRequiredService<IClassifier>().ClassifyAsync(model, photo);
    foreach (var item in found.Classes.Take(3))
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{item.Index} {item.Label} {item.Probability}"));
    return 0;
}
catch (ServingException exception)
{
    Console.Error.WriteLine($"{exception.Code}: {exception.Message}");
    return 1;
}
finally
{
    await host.StopAsync();
}

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using ModelService.Api;
using ModelService.Api.Auth;
using ModelService.Api.Health;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

// A container asks itself whether it is well, without curl: dotnet ModelService.Api.dll --healthcheck
if (args is ["--healthcheck", ..])
    return await SelfCheck.RunAsync(args.ElementAtOrDefault(1));

// A server starts itself like that before a network serves for the first time.
if (args is [ProbeProcess.Argument])
    return ProbeProcess.Run();
if (args is ["--new-key", .. var arguments])
    return await NewKey.RunAsync(arguments, Console.Out, Console.Error);

var builder = WebApplication.CreateBuilder(args);

// Unless told where to listen: on this machine only. In appsettings.json, "Urls" would win over ASPNETCORE_URLS.
string[] addresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
if (addresses.All(key => string.IsNullOrEmpty(builder.Configuration[key])))
    builder.WebHost.UseUrls("http://localhost:8080");

builder.AddModelService();
try
{
    var app = builder.Build();
    app.UseModelService();
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (ModelServiceApplication.IsOwnProgram && IsForTheOperator(exception))
{
    await Console.Error.WriteLineAsync($"The server does not start. {exception.Message}");
    return 1;
}

// What is wrong with the settings or the machine, and no bug: its message says enough.
static bool IsForTheOperator(Exception exception) =>
    exception
        is FolderInUseException
            or OptionsValidationException
            or IOException { InnerException: AddressInUseException }
            or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };

/// <summary>The server's entry point, named so that tests can start it.</summary>
public partial class Program;

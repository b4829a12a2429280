using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using ModelService.Api;
using ModelService.Api.Auth;
using ModelService.Api.Health;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

// The health check of a container, which needs no curl: dotnet ModelService.Api.dll --healthcheck
if (args is ["--healthcheck", ..])
    return await SelfCheck.RunAsync(args.ElementAtOrDefault(1));

// The server starts its own program with this argument to probe a network before it serves for the first time.
if (args is [ProbeProcess.Argument])
    return ProbeProcess.Run();
if (args is ["--new-key", .. var arguments])
    return await NewKey.RunAsync(arguments, Console.Out, Console.Error);

var builder = WebApplication.CreateBuilder(args);

// Without a configured address, the server listens on this machine only. The default stands here because "Urls" in
// appsettings.json would take precedence over ASPNETCORE_URLS.
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
    await Console.Error.WriteLineAsync($"The server can't start. {exception.Message}");
    return 1;
}

// Whether the error lies in the settings or the machine and not in the program: the message is then enough, without a
// stack trace.
static bool IsForTheOperator(Exception exception) =>
    exception
        is StoreInUseException
            or UnusableFolderException
            or OptionsValidationException
            or IOException { InnerException: AddressInUseException }
            or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };

/// <summary>The server's entry point. It is public so that tests can start it.</summary>
public partial class Program;

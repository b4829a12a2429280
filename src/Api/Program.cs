using ModelService.Api;
using ModelService.Api.Auth;
using ModelService.Api.Health;
using ModelService.Models.Execution;
using ModelService.Models.Training.Process;

if (args.Any(argument => argument is "--help" or "-h" or "-?"))
{
    Console.WriteLine(CommandLine.Help);
    return 0;
}

if (args.Contains("--version"))
{
    Console.WriteLine(CommandLine.Version);
    return 0;
}

// The health check of a container, which needs no curl: dotnet ModelService.Api.dll --healthcheck
if (args is ["--healthcheck", ..])
    return await SelfCheck.RunAsync(args.ElementAtOrDefault(1));

// The server starts its own program with this argument to probe a network before it serves for the first time.
if (args is [ProbeProcess.Argument])
    return ProbeProcess.Run();

// The server starts its own program with this argument to train.
if (args is [TrainingProcess.Argument])
    return TrainingProcess.Run();
if (args is ["--new-key", .. var arguments])
    return await NewKey.RunAsync(arguments, Console.Out, Console.Error);

// The settings of the server come after the words of the command.
if (args is [StorageCommand.Name, ..])
    return await StorageCommand.RunAsync(args[1..]);

// Inside another program, such as a test, the arguments are that program's.
if (ModelServiceApplication.IsOwnProgram && CommandLine.FindProblem(args) is { } problem)
    return await FailAsync(problem);

try
{
    // A published server's console is beside the program, wherever it is started.
    var console = Path.Combine(AppContext.BaseDirectory, "wwwroot");
    var builder = WebApplication.CreateBuilder(
        new WebApplicationOptions { Args = args, WebRootPath = Directory.Exists(console) ? console : null }
    );

    // Without a configured address, the server listens on this machine only. The default stands here because "Urls" in
    // appsettings.json would take precedence over ASPNETCORE_URLS.
    if (!ListenAddresses.AreConfigured(builder.Configuration))
        builder.WebHost.UseUrls("http://localhost:8080");
    if (ModelServiceApplication.IsOwnProgram && ListenAddresses.FindProblem(builder.Configuration) is { } wrong)
        return await FailAsync(wrong);

    builder.AddServer();
    var app = builder.Build();
    app.UseServer();
    await app.RunAsync();
    return 0;
}
catch (Exception exception)
    when (ModelServiceApplication.IsOwnProgram && StartFailure.Describe(exception) is { } sentence)
{
    return await FailAsync(sentence);
}

static async Task<int> FailAsync(string sentence)
{
    await Console.Error.WriteLineAsync($"The server can't start. {sentence}");
    return 1;
}

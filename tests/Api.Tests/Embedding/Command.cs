using System.Diagnostics;

namespace ModelService.Api.Tests.Embedding;

/// <summary>Runs <c>dotnet</c> as a developer does, and leaves no build server behind.</summary>
internal static class Command
{
    /// <summary>Runs a command to its end.</summary>
    /// <returns>The exit code, and all that it printed.</returns>
    public static Task<(int ExitCode, string Output)> RunAsync(string folder, params string[] arguments) =>
        RunProgramAsync("dotnet", folder, arguments);

    /// <summary>Runs another program to its end.</summary>
    /// <returns>The exit code, and all that it printed.</returns>
    public static async Task<(int ExitCode, string Output)> RunProgramAsync(
        string program,
        string folder,
        params string[] arguments
    )
    {
        using var process = StartProgram(program, folder, arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>All that it printed.</returns>
    public static async Task<string> SucceedAsync(string folder, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(folder, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>Starts a command.</summary>
    public static Process Start(string folder, params string[] arguments) => StartProgram("dotnet", folder, arguments);

    private static Process StartProgram(string program, string folder, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment =
                {
                    ["MSBUILDDISABLENODEREUSE"] = "1",
                    ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
                    ["UseSharedCompilation"] = "false",
                    ["DOTNET_NOLOGO"] = "1",
                    ["ASPNETCORE_ENVIRONMENT"] = "Development",
                },
            }
        )!;
}

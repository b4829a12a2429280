using System.Diagnostics;

namespace ModelService.Api.Tests.OpenInference;

/// <summary>The conformance kit, as its one command runs it.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public async Task Kit_AgainstThisServer_PassesInFull()
    {
        using var kit = Process.Start(
            new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ModelService.Conformance.dll")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = kit.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await kit.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await kit.WaitForExitAsync(TestContext.Current.CancellationToken);

        var last = output.TrimEnd().Split('\n')[^1];
        Assert.True(kit.ExitCode == 0, $"{output}\n{await error}");
        Assert.Matches("^model-service: [0-9]+ passed$", last);
    }
}

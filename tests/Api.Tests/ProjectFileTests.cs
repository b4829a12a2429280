using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelService.Api.Tests;

/// <summary>Which libtorch the build takes: the building platform's, or the one for NVIDIA GPUs when asked.</summary>
public sealed class ProjectFileTests
{
    [Theory]
    [InlineData("linux", "TorchSharp-cuda-linux")]
    [InlineData("windows", "TorchSharp-cuda-windows")]
    public async Task Api_CudaBackend_TakesTheGpuPackageAlone(string platform, string package)
    {
        var packages = await TorchPackagesAsync("-p:TorchBackend=cuda", $"-p:TorchPlatform={platform}");

        Assert.Equal([package], packages);
    }

    [Fact]
    public async Task Api_Default_TakesTheBuildingPlatformsPackageAlone()
    {
        var own =
            RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "libtorch-cpu-win-x64"
            : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "libtorch-cpu-osx-arm64"
            : "libtorch-cpu-linux-x64";

        var packages = await TorchPackagesAsync();

        Assert.Equal(
            ["libtorch-cpu-linux-x64", "libtorch-cpu-osx-arm64", "libtorch-cpu-win-x64"],
            await CpuPackagesAsync()
        );
        Assert.Equal([own], packages);
    }

    private static async Task<IEnumerable<string>> CpuPackagesAsync()
    {
        var all = await Task.WhenAll(
            new[] { "linux", "osx", "windows" }.Select(platform => TorchPackagesAsync($"-p:TorchPlatform={platform}"))
        );
        return all.SelectMany(packages => packages).Order(StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> TorchPackagesAsync(params string[] properties)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (
            var argument in new[]
            {
                "msbuild",
                Repository.Path("src", "Api", "Api.csproj"),
                "-getItem:PackageReference",
                "-nodeReuse:false",
            }.Concat(properties)
        )
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output + await error);
        return
        [
            .. JsonElement
                .Parse(output)
                .GetProperty("Items")
                .GetProperty("PackageReference")
                .EnumerateArray()
                .Select(item => item.GetProperty("Identity").GetString()!)
                .Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)),
        ];
    }
}

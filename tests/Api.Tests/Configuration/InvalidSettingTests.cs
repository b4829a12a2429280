using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Configuration;

public sealed class InvalidSettingTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("--ModelService:Limits:MaxConnections=0", "MaxConnections")]
    [InlineData("--ModelService:Batching:QueueLimit=many", "'ModelService:Batching:QueueLimit'")]
    [InlineData("--ModelService:Limits:MaxActivationBytes=9223372036854775807", "MaxActivationBytes")]
    [InlineData("--ModelService:Imaging:MaxPixels=-1", "MaxPixels")]
    public async Task Start_SettingThatCannotBe_SaysWhichAndNoMore(string setting, string named)
    {
        var (exitCode, error) = await ServerProcess.RunAsync(data.Path, setting);

        Assert.Equal(1, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Start_PortOfAnother_SaysSo()
    {
        using var first = await ServerProcess.StartAsync(data.Path);
        using var other = new TemporaryFolder();

        var (exitCode, error) = await ServerProcess.RunAsync(other.Path, $"--urls={first.Http.BaseAddress}");

        Assert.Equal(1, exitCode);
        Assert.Contains("address already in use", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}

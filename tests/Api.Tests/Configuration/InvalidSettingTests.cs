using ModelService.Api.Auth;
using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Configuration;

public sealed class InvalidSettingTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("--ModelService:Limits:MaxConnections=0", "ModelService:Limits:MaxConnections must be between 1 and")]
    [InlineData("--ModelService:Batching:QueueLimit=many", "'ModelService:Batching:QueueLimit'")]
    [InlineData(
        "--ModelService:Limits:MaxActivationBytes=9223372036854775807",
        "ModelService:Limits:MaxActivationBytes must be"
    )]
    [InlineData("--ModelService:Imaging:MaxPixels=-1", "ModelService:Imaging:MaxPixels must be between")]
    [InlineData("--ModelService:Datasets:MaxClasses=1", "ModelService:Datasets:MaxClasses must be between 2 and")]
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
        Assert.Contains("--urls", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Start_FolderOfAnother_SaysSo()
    {
        using var first = await ServerProcess.StartAsync(data.Path);

        var (exitCode, error) = await ServerProcess.RunAsync(data.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains("ModelService:Storage:Path", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Start_MisspeltSettings_WarnsAndSaysWhichWereMeant()
    {
        using var server = await ServerProcess.StartAsync(
            data.Path,
            new Dictionary<string, string>
            {
                ["ModelService__Limit__MaxInputs"] = "3",
                ["ModelService__Limits__MaxInput"] = "3",
                ["ModelServices__Limits__MaxInputs"] = "3",
                ["ModelService__Limits__MaxInputs"] = "4",
                ["MODEL_SERVICE_PORT"] = "tcp://10.0.0.1:8080", // as Kubernetes sets it
            }
        );

        var warnings = server.Output.Where(line => line.Contains("There is no option", StringComparison.Ordinal));

        Assert.Equal(
            [
                "There is no option ModelService:Limit; did you mean ModelService:Limits?",
                "There is no option ModelService:Limits:MaxInput; did you mean ModelService:Limits:MaxInputs?",
                "There is no option ModelServices; did you mean ModelService?",
            ],
            warnings.Select(line => line[line.IndexOf("There", StringComparison.Ordinal)..].TrimEnd('"', '}')).Order()
        );
    }

    // The tests' own options, such as --urls, come before.
    [Theory]
    [InlineData("--url http://localhost:0", "There is no option --url; did you mean --urls?")]
    [InlineData("--frobnicate", "There is no option --frobnicate.")]
    [InlineData("-p=1", "There is no option -p.")]
    [InlineData("storge migrate", "There is no option storge; did you mean storage?")]
    [InlineData("--Kestrl:Limits:MaxConcurrentConnections=1", "did you mean --Kestrel?")]
    [InlineData("--ModelService:Limits:MaxInput=1", "did you mean --ModelService:Limits:MaxInputs?")]
    [InlineData("--Limits:MaxInputs=1", "did you mean --ModelService:Limits:MaxInputs?")]
    [InlineData("--ModelService__Limits__MaxInputs=1", "did you mean --ModelService:Limits:MaxInputs?")]
    [InlineData("--environment", "The option --environment has no value.")]
    [InlineData("--urls foo", "'foo' of --urls is not an address")]
    [InlineData("--urls http://localhost:99999", "'http://localhost:99999' of --urls is not an address")]
    [InlineData("--urls http://localhost:abc", "'http://localhost:abc' of --urls is not an address")]
    [InlineData("--urls http://localhost:8081/base", "of --urls is not an address")]
    [InlineData("--urls http://192.0.2.1:8081", "Give it an address of this machine")]
    [InlineData("--urls http://localhost:0", "Dynamic port binding is not supported when binding to localhost.")]
    [InlineData("--http_ports 1;many", "'many' of --http_ports is not a port")]
    [InlineData("--Kestrel:Endpoints:A:Url=foo", "Invalid url: 'foo'.")]
    [InlineData("--contentRoot /there/is/none", "There is no folder /there/is/none")]
    [InlineData("--Serilog:MinimumLevel:Default=Loud", "The value Loud is not a valid Serilog level.")]
    public async Task Start_ArgumentThatCannotBe_SaysSo(string arguments, string sentence)
    {
        var (exitCode, error) = await ServerProcess.RunAsync(data.Path, arguments.Split(' '));

        Assert.Equal(1, exitCode);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Start_HelpOrVersion_PrintsItAndEnds()
    {
        Assert.Equal((0, ""), await ServerProcess.RunAsync(data.Path, "--help"));
        Assert.Equal((0, ""), await ServerProcess.RunAsync(data.Path, "--version"));
    }

    [Theory]
    [InlineData("--environment=Production", "ModelService:Storage:Kind")] // the database is what is missing
    [InlineData("--enviroment=Production", "There is no option --enviroment; did you mean --environment?")]
    public async Task Storage_OptionsAfterTheCommand_AreThoseOfTheServer(string option, string problem)
    {
        var (exitCode, output) = await Command.RunAsync(
            data.Path,
            Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
            "storage",
            "migrate",
            option
        );

        Assert.Equal(1, exitCode);
        Assert.Contains(problem, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfNewKeys_ListsTheScopesThatThereAre() =>
        Assert.Contains(
            $"the scopes are {string.Join(", ", Scopes.All.SkipLast(1))} and {Scopes.All[^1]}",
            CommandLine.Help,
            StringComparison.Ordinal
        );
}

using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>The compose file: what it names is there.</summary>
public sealed partial class ComposeTests
{
    private static readonly YamlNode Compose = Deployment.Yaml("compose.yaml");

    [Fact]
    public void Services_Mounts_AreThere()
    {
        var mounts = Services()
            .Values.SelectMany(service => service.Texts("volumes"))
            .Select(mount => mount.Split(':')[0])
            .ToList();

        Assert.All(
            mounts.Where(mount => mount.StartsWith("./", StringComparison.Ordinal)),
            mount => Assert.True(Directory.Exists(Deployment.Path(mount)), mount)
        );
        Assert.Equal(
            Compose.Texts("volumes").Order(),
            mounts.Where(mount => !mount.StartsWith("./", StringComparison.Ordinal)).Distinct().Order()
        );
        Assert.Equal(
            Compose.Texts("secrets").Order(),
            Services().Values.SelectMany(service => service.Texts("secrets")).Distinct().Order()
        );
    }

    [Fact]
    public void Services_SecretsInUse_AreMounted()
    {
        var used = Secret()
            .Matches(
                File.ReadAllText(Deployment.Path("compose.yaml"))
                    + File.ReadAllText(Deployment.Path("prometheus", "prometheus.yml"))
            )
            .Select(match => match.Groups[1].Value);

        Assert.Equal(Compose.Texts("secrets").Order(), used.Distinct().Order());
        Assert.All(
            Compose.Entries("secrets").Values,
            secret => Assert.StartsWith("secrets/", secret.At("file").ToString(), StringComparison.Ordinal)
        );
        Assert.Contains("/docker/secrets/", File.ReadAllLines(Repository.Path(".gitignore")));
    }

    [Fact]
    public void Servers_OneForEachProfile_AreTheSameButForTheirTorch()
    {
        var (cpu, gpu) = (Services()["server"], Services()["server-gpu"]);

        Assert.Equal(["cpu"], cpu.Texts("profiles"));
        Assert.Equal(["gpu"], gpu.Texts("profiles"));
        Assert.Equal("cuda", gpu.At("build", "args", "TORCH").ToString());
        Assert.Equal(["default"], gpu.Texts("networks"));
        Assert.Equal(["server"], gpu.At("networks", "default").Texts("aliases"));
        Assert.Contains("COMPOSE_PROFILES=cpu", File.ReadAllLines(Deployment.Path(".env")));
        Assert.Equal(
            "server:8080",
            Deployment
                .Yaml("prometheus", "prometheus.yml")
                .At("scrape_configs")[0]
                .At("static_configs")[0]
                .Texts("targets")
                .Single()
        );
        Assert.All(
            cpu.Entries().Keys.Except(["profiles", "image", "build"]),
            key => Assert.Equal(cpu.At(key), gpu.At("<<").At(key))
        );
    }

    [Fact]
    public void Servers_Settings_AreOptionsAndRightsAreFew()
    {
        var server = Services()["server"];

        Assert.All(server.Texts("environment"), name => Assert.Contains(name, Deployment.Settings));
        Assert.All(
            Setting().Matches(File.ReadAllText(Repository.Path("Dockerfile"))),
            match => Assert.Contains(match.Value, Deployment.Settings)
        );
        Assert.Equal("true", server.At("read_only").ToString());
        Assert.Equal(["ALL"], server.Texts("cap_drop"));
        Assert.Equal(["no-new-privileges:true"], server.Texts("security_opt"));
    }

    [Theory]
    [InlineData("SECURITY.md", "`((?:Imaging|Limits|Batching|Memory|Auth):[A-Za-z]+)`")]
    [InlineData("docs/operations.md", "ModelService:([A-Za-z]+:[A-Za-z]+)")]
    [InlineData("docs/metrics.md", "ModelService:([A-Za-z]+:[A-Za-z]+)")]
    [InlineData("docs/from-torchserve.md", "ModelService:([A-Za-z]+:[A-Za-z]+)")]
    [InlineData("README.md", "ModelService:([A-Za-z]+:[A-Za-z]+)")]
    public void Pages_Settings_AreOptions(string page, string setting)
    {
        var named = Regex
            .Matches(File.ReadAllText(Repository.Path(page)), setting)
            .Select(match => match.Groups[1].Value.Replace(":", "__", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($"ModelService__{name}", Deployment.Settings));
    }

    private static IReadOnlyDictionary<string, YamlNode> Services() => Compose.Entries("services");

    [GeneratedRegex(@"/run/secrets/([a-z.]+)")]
    private static partial Regex Secret();

    [GeneratedRegex("ModelService__[A-Za-z_]+")]
    private static partial Regex Setting();
}

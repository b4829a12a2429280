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

    [Fact]
    public void Services_Logs_AreBounded() =>
        Assert.All(
            Services().Where(service => service.Key != "server-gpu"), // has the settings of the other one
            service => Assert.Equal(["max-size", "max-file"], service.Value.At("<<", "logging").Texts("options"))
        );

    [Fact]
    public void Server_Memory_IsBounded() =>
        Assert.Equal("${MODEL_SERVICE_MEMORY:-4g}", Services()["server"].At("mem_limit").ToString());

    [Fact]
    public void Images_OfOthers_HaveAVersion() =>
        Assert.All(
            Services().Values.Where(service => !service.Entries().ContainsKey("build")),
            service => Assert.Matches(@":v?\d+\.\d+\.\d+$", service.At("image").ToString())
        );

    [Fact]
    public void Alerts_Prometheus_SendsThemToAlertmanager()
    {
        var managers = Deployment.Yaml("prometheus", "prometheus.yml").At("alerting").At("alertmanagers")[0];
        var route = Deployment.Yaml("alertmanager", "alertmanager.yml").At("route", "receiver").ToString();
        var receivers = Assert.IsType<YamlSequenceNode>(
            Deployment.Yaml("alertmanager", "alertmanager.yml").At("receivers")
        );

        Assert.Equal(["alertmanager:9093"], managers.At("static_configs")[0].Texts("targets"));
        Assert.Contains("127.0.0.1:9093:9093", Services()["alertmanager"].Texts("ports"));
        Assert.Contains(receivers, receiver => receiver.At("name").ToString() == route);
    }

    private static IReadOnlyDictionary<string, YamlNode> Services() => Compose.Entries("services");

    [GeneratedRegex(@"/run/secrets/([a-z.]+)")]
    private static partial Regex Secret();

    [GeneratedRegex("ModelService__[A-Za-z_]+")]
    private static partial Regex Setting();
}

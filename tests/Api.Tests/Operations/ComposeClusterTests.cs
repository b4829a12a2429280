using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>The compose file of two servers that share a database: what it names is there.</summary>
public sealed class ComposeClusterTests
{
    private static readonly YamlNode Compose = Deployment.Yaml("compose.cluster.yaml");

    private static readonly IReadOnlyDictionary<string, YamlNode> Services = Compose.Entries("services");

    [Fact]
    public void Servers_ShareTheirBlobsAndNothingElse()
    {
        var (first, second) = (Services["server-1"], Services["server-2"]);

        Assert.Equal(["blobs:/blobs"], first.Texts("volumes").Intersect(second.Texts("volumes")));
        Assert.Equal(first.At("<<"), second.At("<<"));
        Assert.Equal("/blobs", Compose.At("x-server", "environment", "ModelService__Blobs__Path").ToString());
        Assert.All(Compose.At("x-server").Texts("environment"), name => Assert.Contains(name, Deployment.Settings));
    }

    [Fact]
    public void Proxy_Servers_AreThoseOfTheFile() =>
        Assert.All(
            Services.Keys.Where(name => name.StartsWith("server", StringComparison.Ordinal)),
            name =>
                Assert.Contains(
                    $"server {name}:8080 ",
                    File.ReadAllText(Deployment.Path("nginx", "cluster.conf")),
                    StringComparison.Ordinal
                )
        );

    [Fact]
    public void Volumes_AreThoseThatAreMounted() =>
        Assert.Equal(
            Compose.Texts("volumes").Order(),
            Services
                .Values.SelectMany(service => service.Texts("volumes"))
                .Select(mount => mount.Split(':')[0])
                .Where(name => !name.StartsWith('.'))
                .Distinct()
                .Order()
        );

    [Fact]
    public void Images_OfOthers_HaveAVersion() =>
        Assert.All(
            new[] { "proxy", "database" },
            name => Assert.Matches(@":\d+\.\d+(\.\d+)?$", Services[name].At("image").ToString())
        );
}

using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>KServe's manifests, by its own schemas; what is of pods, by Kubernetes' own client.</summary>
public sealed partial class KServeTests
{
    [Theory]
    [InlineData("serving-runtime.yaml")]
    [InlineData("inference-service.yaml")]
    [InlineData("inference-service-grpc.yaml")]
    public void Manifest_FitsTheSchemaOfKServe(string file)
    {
        var manifest = Deployment.Yaml("kserve", file);

        Assert.Empty(CustomResource.Problems(manifest));

        // The schema is strict: it finds what KServe would leave out.
        ((YamlMappingNode)manifest.At("spec")).Add("replica", "1");
        Assert.NotEmpty(CustomResource.Problems(manifest));
    }

    [Fact]
    public void Runtime_Formats_AreOurs()
    {
        var runtime = Deployment.Yaml("kserve", "serving-runtime.yaml");

        Assert.Equal("serving.kserve.io/v1alpha1", runtime.At("apiVersion").ToString());
        Assert.Equal("ClusterServingRuntime", runtime.At("kind").ToString());
        Assert.Equal(["v2", "grpc-v2"], runtime.At("spec").Texts("protocolVersions"));
        var format = Assert.Single(Items(runtime, "spec", "supportedModelFormats"));
        Assert.Equal(["name", "version", "autoSelect", "priority"], format.Entries().Keys);
        Assert.All(Items(runtime, "spec", "volumes"), volume => Strict<V1Volume>(volume));
    }

    [Fact]
    public void Runtime_Container_IsTheOneThatKServeFillsIn()
    {
        var containers = Items(Deployment.Yaml("kserve", "serving-runtime.yaml"), "spec", "containers");

        var container = Strict<V1Container>(Assert.Single(containers));

        Assert.Equal("kserve-container", container.Name);
        Assert.Equal(["http1"], container.Ports.Select(port => port.Name));
        Assert.Equal("/mnt/models", container.Env.Single(item => item.Name == "ModelService__Storage__Path").Value);
        Assert.All(container.Env, item => Assert.Contains(item.Name, Deployment.Settings));
        Assert.Equal("/v2/health/ready", container.ReadinessProbe.HttpGet.Path);
    }

    [Theory]
    [InlineData("inference-service.yaml", "v2")]
    [InlineData("inference-service-grpc.yaml", "grpc-v2")]
    public void Service_FitsTheRuntime(string file, string protocol)
    {
        var service = Deployment.Yaml("kserve", file);
        var runtime = Deployment.Yaml("kserve", "serving-runtime.yaml");
        var model = service.At("spec", "predictor", "model");

        Assert.Equal("serving.kserve.io/v1beta1", service.At("apiVersion").ToString());
        Assert.Equal("InferenceService", service.At("kind").ToString());
        Assert.Matches("^[a-z]([-a-z0-9]*[a-z0-9])?$", service.At("metadata", "name").ToString());
        Assert.Equal(runtime.At("metadata", "name").ToString(), model.At("runtime").ToString());
        Assert.Equal(
            Items(runtime, "spec", "supportedModelFormats")[0].At("name").ToString(),
            model.At("modelFormat", "name").ToString()
        );
        Assert.Equal(protocol, model.At("protocolVersion").ToString());
        Assert.Contains(protocol, runtime.At("spec").Texts("protocolVersions"));
        Assert.Matches(StorageUri(), model.At("storageUri").ToString());
        foreach (var port in model.Entries().ContainsKey("ports") ? Items(model, "ports") : [])
            Assert.Equal("h2c", Strict<V1ContainerPort>(port).Name);
        foreach (var item in model.Entries().ContainsKey("env") ? Items(model, "env") : [])
            Assert.NotNull(Strict<V1EnvVar>(item).Value);
    }

    private static List<YamlNode> Items(YamlNode node, params string[] keys) =>
        [.. Assert.IsType<YamlSequenceNode>(node.At(keys))];

    private static T Strict<T>(YamlNode node)
    {
        var text = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(text, assignAnchors: false);
        return KubernetesYaml.Deserialize<T>(
            text.ToString().Replace("\n...", "", StringComparison.Ordinal),
            strict: true
        );
    }

    [GeneratedRegex("^(pvc|s3|gs|https?|hf)://[a-z0-9]")]
    private static partial Regex StorageUri();
}

using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>The manifests of many servers that share a database.</summary>
public sealed partial class KubernetesClusterTests
{
    private static readonly string[] OfOthers = ["autoscaler.yaml", "kustomization.yaml"];

    private static readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects =
    [
        .. Directory
            .GetFiles(Deployment.Path("kubernetes", "cluster"))
            .Where(file => !OfOthers.Contains(Path.GetFileName(file)))
            .Order()
            .SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true))
            .Cast<IKubernetesObject<V1ObjectMeta>>(),
    ];

    private static YamlNode Kustomization => Deployment.Yaml("kubernetes", "cluster", "kustomization.yaml");

    private static IEnumerable<V1PodSpec> Pods =>
        Of<V1Deployment>().Select(item => item.Spec.Template.Spec).Concat(Of<V1Job>().Select(JobPod));

    [Fact]
    public void Files_All_AreListedForKustomize() =>
        Assert.Equal(
            Directory
                .GetFiles(Deployment.Path("kubernetes", "cluster"))
                .Select(Path.GetFileName)
                .Where(name => name != "kustomization.yaml")
                .Order(),
            Kustomization.Texts("resources").Order()
        );

    [Fact]
    public void Settings_Each_IsAnOption()
    {
        var generated = Assert.Single(Assert.IsType<YamlSequenceNode>(Kustomization.At("configMapGenerator")));
        var names = generated.Texts("literals").Select(literal => literal.Split('=')[0]).ToList();
        var ofSecrets = Setting().Matches(File.ReadAllText(Deployment.Path("kubernetes", "cluster", "servers.yaml")));

        Assert.All(
            names.Concat(ofSecrets.Select(match => match.Value)),
            name => Assert.Contains(name, Deployment.Settings)
        );
        Assert.All(
            Pods.SelectMany(pod => pod.Containers),
            container =>
                Assert.Contains(
                    container.EnvFrom,
                    source => source.ConfigMapRef?.Name == generated.At("name").ToString()
                )
        );
    }

    [Fact]
    public void Selectors_Each_FindsPodsAndNoOthers()
    {
        var selectors = Of<V1Deployment>()
            .Select(item => item.Spec.Selector.MatchLabels)
            .Concat(Of<V1Service>().Select(item => item.Spec.Selector))
            .Concat(Of<V1PodDisruptionBudget>().Select(item => item.Spec.Selector.MatchLabels));

        Assert.All(
            selectors,
            selector =>
                Assert.Single(
                    Of<V1Deployment>(),
                    item => selector.All(label => item.Spec.Template.Metadata.Labels.Contains(label))
                )
        );
    }

    [Fact]
    public void Servers_AnyOne_MayGo()
    {
        var servers = Assert.Single(Of<V1Deployment>(), item => item.Metadata.Name == "model-service");

        Assert.Null(servers.Spec.Replicas); // the autoscaler's
        Assert.Equal("0", servers.Spec.Strategy.RollingUpdate.MaxUnavailable.ToString());
        Assert.DoesNotContain(servers.Spec.Template.Spec.Volumes, volume => volume.PersistentVolumeClaim is not null);
        Assert.Equal("1", Assert.Single(Of<V1PodDisruptionBudget>()).Spec.MaxUnavailable.ToString());
    }

    [Fact]
    public void Trainer_OneServer_OwnsItsFolder()
    {
        var trainer = Assert.Single(Of<V1Deployment>(), item => item.Metadata.Name == "model-service-trainer");

        Assert.Equal((1, "Recreate"), (trainer.Spec.Replicas, trainer.Spec.Strategy.Type));
        Assert.Equal(
            Assert.Single(Of<V1PersistentVolumeClaim>()).Metadata.Name,
            Assert
                .Single(trainer.Spec.Template.Spec.Volumes, volume => volume.PersistentVolumeClaim is not null)
                .PersistentVolumeClaim.ClaimName
        );
    }

    [Fact]
    public void Trainers_AnyNumber_TrainAndServersDoNot()
    {
        var trainers = Assert.Single(Of<V1Deployment>(), item => item.Metadata.Name == "model-service-trainers");
        var settings = Assert.Single(Assert.IsType<YamlSequenceNode>(Kustomization.At("configMapGenerator")));
        var own = Assert
            .Single(trainers.Spec.Template.Spec.Containers)
            .Env.ToDictionary(item => item.Name, item => item.Value);

        Assert.Contains("ModelService__Training__MaxRunning=0", settings.Texts("literals"));
        Assert.Equal("1", own["ModelService__Training__MaxRunning"]);
        Assert.Equal("on_demand", own["ModelService__Storage__Load"]);
        Assert.All(own.Keys, name => Assert.Contains(name, Deployment.Settings));
        Assert.DoesNotContain(trainers.Spec.Template.Spec.Volumes, volume => volume.PersistentVolumeClaim is not null);
    }

    [Fact]
    public void Pods_Each_HasNoRightsItDoesNotNeed() =>
        Assert.All(
            Pods,
            pod =>
            {
                var container = Assert.Single(pod.Containers);
                Assert.True(pod.SecurityContext.RunAsNonRoot);
                Assert.False(pod.AutomountServiceAccountToken);
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.Equal(["cpu", "memory"], container.Resources.Limits.Keys.Order());
                Assert.Equal(
                    pod.Volumes.Select(volume => volume.Name).Order(),
                    container.VolumeMounts.Select(mount => mount.Name).Order()
                );
            }
        );

    [Fact]
    public void Migrations_Job_RunsACommandThatThereIs() =>
        Assert.Equal(["storage", "migrate"], JobPod(Assert.Single(Of<V1Job>())).Containers.Single().Args);

    [Fact]
    public void Autoscaler_AsksForMetricsThatThereAreAndScalesTheServers()
    {
        var scaled = Deployment.Yaml("kubernetes", "cluster", "autoscaler.yaml");
        var query = scaled.At("spec", "triggers")[0].At("metadata", "query").ToString();
        var metrics = File.ReadAllText(Repository.Path("docs", "metrics.md"));

        Assert.Empty(CustomResource.Problems(scaled));
        Assert.Equal("model-service", scaled.At("spec", "scaleTargetRef", "name").ToString());
        Assert.All(
            Metric().Matches(query),
            match => Assert.Contains($"`{match.Groups[1].Value}`", metrics, StringComparison.Ordinal)
        );
        Assert.Equal(2, Metric().Count(query));
    }

    private static V1PodSpec JobPod(V1Job job) => job.Spec.Template.Spec;

    private static List<T> Of<T>() => [.. Objects.OfType<T>()];

    [GeneratedRegex("ModelService__[A-Za-z_]+")]
    private static partial Regex Setting();

    [GeneratedRegex("(modelservice_[a-z_]+_seconds)_(sum|count)")]
    private static partial Regex Metric();
}

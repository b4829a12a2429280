using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Operations;

/// <summary>The manifests, read by Kubernetes' own client, to which an unknown field is an error.</summary>
public sealed class KubernetesTests(ApiServer server)
{
    private static readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects =
    [
        .. Directory
            .GetFiles(Deployment.Path("kubernetes"))
            .Where(file => !file.EndsWith("kustomization.yaml", StringComparison.Ordinal))
            .Order()
            .SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true))
            .Cast<IKubernetesObject<V1ObjectMeta>>(),
    ];

    [Fact]
    public void Manifests_Kinds_AreThoseOfTheirVersion()
    {
        Assert.Equal(
            [
                "Deployment",
                "Deployment",
                "HorizontalPodAutoscaler",
                "NetworkPolicy",
                "PersistentVolumeClaim",
                "PodDisruptionBudget",
                "Service",
                "Service",
            ],
            Objects.Select(item => item.Kind).Order(StringComparer.Ordinal)
        );
        Assert.All(
            Objects,
            item =>
            {
                var (group, version, _) = Entity(item);
                Assert.Equal(group.Length == 0 ? version : $"{group}/{version}", item.ApiVersion);
                Assert.Equal("model-service", item.Metadata.Labels["app.kubernetes.io/name"]);
            }
        );
        Assert.Equal(Objects.Count, Objects.Select(item => (item.Kind, item.Metadata.Name)).Distinct().Count());
    }

    [Fact]
    public void Manifests_UnknownField_IsRefused() =>
        Assert.ThrowsAny<Exception>(() =>
            KubernetesYaml.LoadAllFromString(
                File.ReadAllText(Deployment.Path("kubernetes", "owner.yaml"))
                    .Replace("readinessProbe", "readynessProbe", StringComparison.Ordinal),
                strict: true
            )
        );

    [Fact]
    public void Manifests_All_AreListedForKustomize()
    {
        var listed = Deployment.Yaml("kubernetes", "kustomization.yaml").Texts("resources");

        Assert.Equal(
            Directory
                .GetFiles(Deployment.Path("kubernetes"))
                .Select(Path.GetFileName)
                .Where(name => name != "kustomization.yaml")
                .Order(),
            listed.Order()
        );
    }

    [Fact]
    public void Selectors_Each_FindsPods()
    {
        var selectors = Objects
            .SelectMany(item =>
                item switch
                {
                    V1Deployment deployment => [deployment.Spec.Selector.MatchLabels],
                    V1Service service => [service.Spec.Selector],
                    V1PodDisruptionBudget budget => [budget.Spec.Selector.MatchLabels],
                    V1NetworkPolicy policy => [policy.Spec.PodSelector.MatchLabels],
                    _ => Array.Empty<IDictionary<string, string>>(),
                }
            )
            .ToList();

        Assert.Equal(6, selectors.Count);
        Assert.All(
            selectors,
            selector => Assert.Contains(Of<V1Deployment>(), deployment => Selects(selector, deployment))
        );

        // A deployment's own pods, and no others'.
        Assert.All(
            Of<V1Deployment>(),
            deployment =>
                Assert.Equal(
                    [deployment],
                    Of<V1Deployment>().Where(other => Selects(deployment.Spec.Selector.MatchLabels, other))
                )
        );
        var scaled = Assert.Single(Of<V2HorizontalPodAutoscaler>()).Spec.ScaleTargetRef;
        Assert.Contains(
            Of<V1Deployment>(),
            deployment =>
                (deployment.ApiVersion, deployment.Kind, deployment.Metadata.Name, deployment.Spec.Replicas)
                == (scaled.ApiVersion, scaled.Kind, scaled.Name, null)
        );
    }

    [Fact]
    public void Pods_Probes_AskEndpointsThatThereAre()
    {
        _ = server.Api;
        var paths = server
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText)
            .ToList();

        Assert.All(
            Containers(),
            container =>
            {
                Assert.Equal("/health/ready", container.ReadinessProbe.HttpGet.Path);
                Assert.Equal("/health/live", container.LivenessProbe.HttpGet.Path);
                Assert.All(
                    new[] { container.ReadinessProbe, container.LivenessProbe, container.StartupProbe },
                    probe =>
                    {
                        Assert.Contains(probe.HttpGet.Path, paths);
                        Assert.Contains(container.Ports, port => port.Name == probe.HttpGet.Port);
                    }
                );
                Assert.Contains(
                    $"ASPNETCORE_HTTP_PORTS={Assert.Single(container.Ports).ContainerPort} ",
                    File.ReadAllText(Repository.Path("Dockerfile")),
                    StringComparison.Ordinal
                );
            }
        );
        Assert.All(
            Of<V1Service>(),
            service => Assert.All(service.Spec.Ports, port => Assert.Equal("http", port.TargetPort))
        );
        Assert.All(
            Of<V1NetworkPolicy>(),
            policy =>
                Assert.All(policy.Spec.Ingress.SelectMany(rule => rule.Ports), port => Assert.Equal("http", port.Port))
        );
    }

    [Fact]
    public void Pods_Environment_HasSettingsThatThereAre() =>
        Assert.All(
            Containers().SelectMany(container => container.Env),
            variable => Assert.Contains(variable.Name, Deployment.Settings)
        );

    [Fact]
    public void Pods_Each_HasNoRightsItDoesNotNeed() =>
        Assert.All(
            Of<V1Deployment>(),
            deployment =>
            {
                var pod = deployment.Spec.Template.Spec;
                var container = Assert.Single(pod.Containers);
                Assert.True(pod.SecurityContext.RunAsNonRoot);
                Assert.False(pod.AutomountServiceAccountToken);
                Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.Equal(["cpu", "memory"], container.Resources.Limits.Keys.Order());
                Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order());
            }
        );

    [Fact]
    public void Pods_Volumes_AreMountedAndTheirClaimIsThere() =>
        Assert.All(
            Of<V1Deployment>(),
            deployment =>
            {
                var pod = deployment.Spec.Template.Spec;
                Assert.Equal(
                    pod.Volumes.Select(volume => volume.Name).Order(),
                    pod.Containers.Single().VolumeMounts.Select(mount => mount.Name).Order()
                );
                Assert.Contains(
                    Of<V1PersistentVolumeClaim>(),
                    claim =>
                        claim.Metadata.Name
                        == Assert
                            .Single(pod.Volumes, volume => volume.PersistentVolumeClaim is not null)
                            .PersistentVolumeClaim.ClaimName
                );
            }
        );

    [Fact]
    public void Folder_OneDeployment_OwnsItAndTheOthersOnlyRead()
    {
        var owners = Of<V1Deployment>()
            .Where(deployment => !Models(deployment).ReadOnlyProperty.GetValueOrDefault())
            .ToList();

        var owner = Assert.Single(owners).Spec;
        Assert.Equal((1, "Recreate"), (owner.Replicas, owner.Strategy.Type));
        Assert.All(
            Of<V1Deployment>().Except(owners),
            deployment =>
                Assert.Contains(
                    deployment.Spec.Template.Spec.Containers.Single().Env,
                    variable => (variable.Name, variable.Value) == ("ModelService__Storage__ReadOnly", "true")
                )
        );
    }

    private static V1VolumeMount Models(V1Deployment deployment) =>
        Assert.Single(
            deployment.Spec.Template.Spec.Containers.Single().VolumeMounts,
            mount => mount.MountPath == "/data"
        );

    private static (string Group, string Version, string Kind) Entity(object item)
    {
        var entity = (KubernetesEntityAttribute)
            Assert.Single(item.GetType().GetCustomAttributes(typeof(KubernetesEntityAttribute), inherit: false));
        return (entity.Group, entity.ApiVersion, entity.Kind);
    }

    private static IEnumerable<V1Container> Containers() =>
        Of<V1Deployment>().SelectMany(deployment => deployment.Spec.Template.Spec.Containers);

    private static List<T> Of<T>() => [.. Objects.OfType<T>()];

    private static bool Selects(IDictionary<string, string> selector, V1Deployment deployment) =>
        selector.All(label =>
            deployment.Spec.Template.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value
        );
}

using k8s;
using k8s.Models;

namespace ModelService.Api.Tests.Operations;

/// <summary>The optional parts of the manifests.</summary>
public sealed class KubernetesComponentTests
{
    private const string RulesHead = """
        # Written from docker/prometheus/alerts.yml, by the tests with UPDATE_DOCS=1.
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata:
          name: model-service
          labels:
            app.kubernetes.io/name: model-service
        spec:

        """;

    [Theory]
    [InlineData("ingress")]
    [InlineData("monitoring")]
    public void Component_Files_AreListedForKustomize(string component)
    {
        var kustomization = Deployment.Yaml("kubernetes", component, "kustomization.yaml");

        Assert.Equal("Component", kustomization.At("kind").ToString());
        Assert.Equal(
            Directory
                .GetFiles(Deployment.Path("kubernetes", component))
                .Select(Path.GetFileName)
                .Where(name => name != "kustomization.yaml")
                .Order(),
            kustomization.Texts("resources").Order()
        );
        Assert.Contains(
            $"  - {component}\n",
            File.ReadAllText(Repository.Path("docs", "operations.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Ingress_Backends_AreServicesThatThereAre()
    {
        var ingress = Assert.Single(Read("ingress", "ingress.yaml").OfType<V1Ingress>());
        var services = Read("services.yaml").OfType<V1Service>().ToList();

        Assert.Equal(
            services.Select(service => service.Metadata.Name).Order(),
            ingress
                .Spec.Rules.SelectMany(rule => rule.Http.Paths)
                .Select(path =>
                {
                    var backend = path.Backend.Service;
                    var service = Assert.Single(services, service => service.Metadata.Name == backend.Name);
                    Assert.Contains(service.Spec.Ports, port => port.Name == backend.Port.Name);
                    return backend.Name;
                })
                .Order()
        );
        Assert.Equal(
            ingress.Spec.Rules.Select(rule => rule.Host).Order(),
            ingress.Spec.Tls.SelectMany(tls => tls.Hosts).Order()
        );
    }

    [Fact]
    public void Ingress_Controller_IsAdmittedToThePods()
    {
        var policy = Assert.Single(Read("ingress", "network-policy.yaml").OfType<V1NetworkPolicy>());
        var all = Assert.Single(Read("network-policy.yaml").OfType<V1NetworkPolicy>());

        Assert.NotEqual(all.Metadata.Name, policy.Metadata.Name);
        Assert.Equal(all.Spec.PodSelector.MatchLabels, policy.Spec.PodSelector.MatchLabels);
        Assert.Equal(["Ingress"], policy.Spec.PolicyTypes);
        Assert.Equal("http", Assert.Single(Assert.Single(policy.Spec.Ingress).Ports).Port);
    }

    [Fact]
    public void Monitor_Services_AreTheOneThatNamesTheJob()
    {
        var monitor = Deployment.Yaml("kubernetes", "monitoring", "service-monitor.yaml");
        var selector = monitor.At("spec", "selector");
        var without = selector.At("matchExpressions")[0];
        Assert.Equal("DoesNotExist", without.At("operator").ToString());

        var selected = Read("services.yaml")
            .OfType<V1Service>()
            .Where(service =>
                selector
                    .Entries("matchLabels")
                    .All(label => service.Metadata.Labels[label.Key] == label.Value.ToString())
                && !service.Metadata.Labels.ContainsKey(without.At("key").ToString())
            );

        // A label of the service becomes the label "job", which the alerts and the dashboard ask for.
        var service = Assert.Single(selected);
        Assert.Equal("model-service", service.Metadata.Labels[monitor.At("spec", "jobLabel").ToString()]);
        Assert.Equal(
            "model-service",
            Deployment.Yaml("prometheus", "prometheus.yml").At("scrape_configs")[0].At("job_name").ToString()
        );
        Assert.Contains(
            service.Spec.Ports,
            port => port.Name == monitor.At("spec", "endpoints")[0].At("port").ToString()
        );

        // It finds all pods.
        Assert.Equal(["app.kubernetes.io/name"], service.Spec.Selector.Keys);
    }

    [Fact]
    public void Rules_Alerts_AreThoseOfPrometheus()
    {
        var alerts = File.ReadAllText(Deployment.Path("prometheus", "alerts.yml")).ReplaceLineEndings("\n");
        var groups = alerts[alerts.IndexOf("groups:", StringComparison.Ordinal)..].Split('\n');
        var rules = RulesHead + string.Join('\n', groups.Select(line => line.Length == 0 ? "" : "  " + line));
        var path = Deployment.Path("kubernetes", "monitoring", "rules.yaml");

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(path, rules);

        Assert.True(
            File.ReadAllText(path).ReplaceLineEndings("\n") == rules,
            "rules.yaml has other alerts than docker/prometheus/alerts.yml. Run the tests with UPDATE_DOCS=1."
        );
        Assert.Equal(
            Deployment.Yaml("prometheus", "alerts.yml").At("groups"),
            Deployment.Yaml("kubernetes", "monitoring", "rules.yaml").At("spec", "groups")
        );
    }

    private static List<IKubernetesObject<V1ObjectMeta>> Read(params string[] parts) =>
        [
            .. KubernetesYaml
                .LoadAllFromString(File.ReadAllText(Deployment.Path(["kubernetes", .. parts])), strict: true)
                .Cast<IKubernetesObject<V1ObjectMeta>>(),
        ];
}

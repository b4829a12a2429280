using System.Diagnostics;
using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Language;

/// <summary>
/// All predefined networks against torchvision itself (<c>apt install python3-torchvision</c>); skipped without it.
/// </summary>
public sealed class TorchvisionTests(PyTorchProcess pytorch) : IClassFixture<PyTorchProcess>
{
    private static readonly string[] Own = ["resnet18_mlnet"];

    [Fact]
    public void Analyze_EveryPredefinedNetwork_HasTorchvisionsKeysShapesAndCount()
    {
        var names = PredefinedArchitectures.All.Select(item => item.Name).Except(Own).ToList();
        var layouts = Layouts(names);
        if (layouts.Count < names.Count)
            Assert.Skip($"There is no Python with torchvision (apt install python3-torchvision): {layouts[0]}");
        foreach (var layout in layouts.Where(layout => !layout.TryGetProperty("missing", out _)))
        {
            var name = layout.GetProperty("name").GetString()!;
            var analysis = PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());

            Assert.Equal(
                layout.GetProperty("state_dict").EnumerateArray().Select(tensor => $"{name}: {tensor.GetString()}"),
                analysis.StateDict.Select(tensor =>
                    $"{name}: {tensor.Name} [{string.Join(", ", tensor.Shape)}] "
                    + (tensor.IsCounter ? "int64" : "float32")
                )
            );
            Assert.Equal(
                layout.GetProperty("eps").EnumerateArray().Select(eps => $"{name}: {eps.GetDouble()}"),
                analysis
                    .AllLayers.Select(node => Eps(node.Definition))
                    .OfType<double>()
                    .Order()
                    .Select(eps => $"{name}: {eps}")
            );

            // torchvision also makes a module where a block adds nothing, and one for both halves of a block.
            var dropped = layout.GetProperty("dropped").EnumerateArray().Select(p => p.GetDouble()).ToList();
            var own = analysis.AllLayers.SelectMany(node => Dropped(node.Definition)).Where(p => p > 0).ToList();
            Assert.All(own, p => Assert.True(dropped.Exists(theirs => Math.Abs(theirs - p) < 1e-5), $"{name}: {p}"));
            Assert.Equal(dropped.DefaultIfEmpty().Max(), own.DefaultIfEmpty().Max(), 1e-5);
            Assert.Equal((name, layout.GetProperty("parameters").GetInt64()), (name, analysis.Parameters));
        }
    }

    // The families that have no fixture, in float64 on both sides.
    [Theory]
    [InlineData("swin_v2_t")]
    [InlineData("maxvit_t")]
    public void Forward_RandomWeights_GivesTorchvisionsLogits(string name)
    {
        pytorch.Require();
        Assert.SkipWhen(Layouts([name])[0].TryGetProperty("missing", out var missing), $"{missing}");
        var analysis = PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        RandomInputs.SetNorms(parameters, seed: 1);
        using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
        using var eager = new EagerExecutor(analysis.ToPlan(), inFloat64);
        var input = RandomInputs.Normal(seed: 1, [1, .. analysis.Input.Sizes]);
        var expected = PyTorchTensor.Of(eager.Forward(input.to(float64))).ToFloats().ToArray();

        var answer = pytorch.Run(
            $"import torchvision\nmodel = torchvision.models.{name}().eval()\n",
            seed: 1,
            parameters,
            input
        );

        var logits = answer.Logits.ToFloats().ToArray();
        Assert.Equal(expected.Length, logits.Length);
        Assert.InRange(expected.Max() - expected.Min(), 0.1f, 1e6f);
        Assert.All(expected.Zip(logits), pair => Assert.InRange(pair.Second, pair.First - 1e-4f, pair.First + 1e-4f));
    }

    private static double? Eps(LayerDefinition layer) =>
        layer switch
        {
            BatchNorm norm => norm.Eps,
            LayerNorm norm => norm.Eps,
            LayerNorm2d norm => norm.Eps,
            PatchMerging merging => merging.Eps,
            _ => null,
        };

    private static IEnumerable<double> Dropped(LayerDefinition layer) =>
        layer switch
        {
            AnyDropout dropout => [dropout.P],
            Residual residual => [residual.StochasticDepth],
            _ => [],
        };

    private static List<JsonElement> Layouts(IEnumerable<string> names)
    {
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("PYTHON") is { Length: > 0 } own ? own : python,
            [Repository.Path("tests", "Models.Tests", "Support", "torchvision_networks.py"), .. names]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            var layouts = new List<JsonElement>();
            while (process.StandardOutput.ReadLine() is { } line)
                layouts.Add(JsonElement.Parse(line));
            process.WaitForExit();
            return layouts;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return [JsonSerializer.SerializeToElement(new { missing = exception.Message })];
        }
    }
}

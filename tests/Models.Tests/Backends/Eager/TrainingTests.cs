using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>
/// Training as PyTorch does it: thirty steps of its own traces, of loss, gradient and tensors. The optimiser is
/// written out here by the manifest's formulas.
/// </summary>
public sealed class TrainingTests
{
    private static readonly JsonElement Manifest = Fixtures.Json("training", "manifest.json");

    [Theory]
    [InlineData("a_sgd")]
    [InlineData("b_sgd")] // batch norm, a residual block
    [InlineData("b_head")] // the last layer only, batch norm by its running statistics
    public void Run_TraceOfPyTorch_GivesItsLossesGradientsAndTensors(string name)
    {
        var trace = Manifest.GetProperty("cases").EnumerateArray().Single(item => Text(item, "name") == name);
        var network = Manifest.GetProperty("networks").GetProperty(Text(trace, "network"));
        var analysis = ArchitectureReader.Analyze(
            Fixtures.Json("training", Text(network, "architecture")),
            new ArchitectureLimits()
        );
        var digits = Read("digits.safetensors");
        using var scope = NewDisposeScope();
        var images = tensor(digits.Floats("train_images"), digits.Shape("train_images"));
        var labels = tensor(digits.Floats("train_labels")).to(int64);
        var order = tensor(digits.Floats("order"), digits.Shape("order")).to(int64);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        Load(parameters, Read(Text(trace, "initial")));
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        var trained = Trained(parameters, Text(trace, "trainable") == "head" ? Text(network, "head") : null);
        var mode = Text(trace, "batch_norm") == "train" ? EagerMode.Training : EagerMode.Inference;
        parameters.RequireGradients(trained);
        var velocities = new Dictionary<string, Tensor>();
        var tolerance = trace.GetProperty("tolerance");

        for (var step = 0; step < order.shape[0]; step++)
        {
            using var ofStep = NewDisposeScope();
            using var result = executor.Run(images[order[step]], mode, gradient: true);
            var loss = nn.functional.cross_entropy(result.Output, labels[order[step]]);
            parameters.ClearGradients();
            loss.backward();
            var norm = Math.Sqrt(trained.Sum(key => parameters.Gradient(key)!.square().sum().item<float>()));

            AssertStep(trace, "loss", step, loss.item<float>(), tolerance.GetProperty("loss").GetDouble());
            AssertStep(trace, "gradient_norm", step, norm, tolerance.GetProperty("gradient_norm").GetDouble());
            Descend(parameters, trained, velocities, trace.GetProperty("optimizer"));
        }

        var final = Read(Text(trace, "result"));
        var (ofWeights, summaries) = (tolerance.GetProperty("weights").GetDouble(), trace.GetProperty("tensors"));
        foreach (var (key, values) in parameters.StateDict)
        {
            using var untracked = no_grad();
            if (summaries.TryGetProperty(key, out var summary)) // counters have none
            {
                var (sum, wanted) = (values.to(float64).sum().item<double>(), summary.GetProperty("sum").GetDouble());
                Assert.Equal(wanted, sum, values.numel() * ofWeights);
            }

            if (!final.Names.Contains(key))
                continue;
            var off = (values - tensor(final.Floats(key), final.Shape(key))).abs().max().item<float>();
            Assert.True(off <= ofWeights, $"{key} is off by {off}");
        }
    }

    [Fact]
    public void Run_TrainingMode_UpdatesRunningStatisticsByTheirMomentum()
    {
        var analysis = Networks.Analyze(
            """
            { "input": { "shape": [3, 7] }, "layers": [{ "type": "batch_norm1d", "momentum": 0.3, "affine": false }] }
            """
        );
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        var input = RandomInputs.Normal(seed: 1, [5, 3, 7]) * 2 + 1;
        var elements = input.transpose(0, 1).reshape(3, -1);
        var (mean, variance) = (elements.mean([1]), elements.var(1, unbiased: true));
        var around = elements - mean.unsqueeze(1);

        using var result = executor.Run(input, EagerMode.Training);

        var expected = around / (around.square().mean([1], keepdim: true) + 1e-5).sqrt();
        AssertClose(expected, result.Output.transpose(0, 1).reshape(3, -1));
        AssertClose(mean * 0.3, parameters["0.running_mean"]);
        AssertClose(variance * 0.3 + 0.7, parameters["0.running_var"]);
        Assert.Equal(1, parameters["0.num_batches_tracked"].item<long>());

        executor.Run(input, EagerMode.Training).Dispose();
        AssertClose(mean * 0.51, parameters["0.running_mean"]);
        Assert.Equal(2, parameters["0.num_batches_tracked"].item<long>());

        executor.Run(input, EagerMode.Inference).Dispose();
        AssertClose(mean * 0.51, parameters["0.running_mean"]);
        Assert.Equal(2, parameters["0.num_batches_tracked"].item<long>());
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-5f);

    private static void AssertStep(JsonElement trace, string name, int step, double actual, double tolerance)
    {
        var expected = trace.GetProperty("steps").GetProperty(name)[step].GetDouble();
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{name} of step {step}: {actual} instead of {expected}");
    }

    private static string[] Trained(ParameterStore parameters, string? layer) =>
        [
            .. parameters.StateDict.Keys.Where(key =>
                layer is null
                    ? key.EndsWith(".weight", StringComparison.Ordinal)
                        || key.EndsWith(".bias", StringComparison.Ordinal)
                    : key.StartsWith($"{layer}.", StringComparison.Ordinal)
            ),
        ];

    private static void Descend(
        ParameterStore parameters,
        string[] trained,
        Dictionary<string, Tensor> velocities,
        JsonElement optimizer
    )
    {
        double Number(string name) => optimizer.GetProperty(name).GetDouble();
        using var untracked = no_grad();
        foreach (var key in trained)
        {
            var gradient = parameters.Gradient(key)! + (parameters[key] * Number("weight_decay"));
            if (velocities.TryGetValue(key, out var velocity))
                velocity.mul_(Number("momentum")).add_(gradient);
            else
                velocities[key] = velocity = gradient.clone().MoveToOuterDisposeScope();
            var step = optimizer.GetProperty("nesterov").GetBoolean()
                ? gradient + (velocity * Number("momentum"))
                : velocity;
            parameters[key].sub_(step * Number("lr"));
        }
    }

    private static void Load(ParameterStore parameters, SafetensorsFile file)
    {
        using var untracked = no_grad();
        foreach (var (key, values) in parameters.StateDict)
            values.copy_(tensor(file.Floats(key), file.Shape(key)));
    }

    private static SafetensorsFile Read(string name) => SafetensorsFile.Read(Fixtures.Path("training", name));

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}

using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Training.Optimization;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Training;

/// <summary>
/// Training as PyTorch does it: its own traces of thirty steps, with each optimiser, schedule and way to bound a step.
/// Tolerances are the manifest's: ten times PyTorch's own difference between float32 and float64.
/// </summary>
public sealed class TraceTests
{
    private static readonly JsonElement Manifest = Fixtures.Json("training", "manifest.json");

    public static TheoryData<string> Cases => [.. Items().Select(item => Text(item, "name"))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_TraceOfPyTorch_GivesItsLossesRatesGradientsAndTensors(string name)
    {
        var trace = Items().Single(item => Text(item, "name") == name);
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
        using var initial = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        Load(initial, Read(Text(trace, "initial")));
        var head = Text(trace, "trainable") == "head" ? Text(network, "head") : null;
        var optimizer = Optimizer(trace);
        using var trainer = new Trainer(
            analysis.ToPlan(),
            new FlatParameters(analysis.StateDict, initial, spec => head is null || spec.Layer == head, CPU),
            optimizer,
            Objective(trace),
            Text(trace, "batch_norm") == "train" ? EagerMode.Training : EagerMode.FineTuning
        );
        var schedule = Schedule(trace, optimizer, order.shape[0]);
        var tolerance = trace.GetProperty("tolerance");

        for (var step = 0; step < order.shape[0]; step++)
        {
            using var ofStep = NewDisposeScope();
            var (rate, momentum) = (schedule.Rate(step), schedule.Momentum(step));
            var result = trainer.Step(images[order[step]], labels[order[step]], rate, momentum);

            AssertStep(trace, "loss", step, result.Loss, Number(tolerance, "loss"));
            AssertStep(trace, "gradient_norm", step, result.GradientNorm, Number(tolerance, "gradient_norm"));
            AssertStep(trace, "learning_rate", step, rate, rate * Number(tolerance, "learning_rate_relative"));
            if (momentum is { } given)
                AssertStep(trace, "momentum", step, given, 1e-6);
        }

        var final = Read(Text(trace, "result"));
        var ofWeights = Number(tolerance, "weights");
        AssertTensors(trainer, trace.GetProperty("tensors"), final, "", ofWeights);
        var tests = tensor(digits.Floats("test_images_16"), digits.Shape("test_images_16")).div_(16);
        var testLabels = tensor(digits.Floats("test_labels")).to(int64);
        AssertRight(trace, "correct");
        if (trainer.Average is null)
            return;
        trainer.ExchangeAverage();
        AssertTensors(trainer, default, final, "ema.", ofWeights);
        AssertRight(trace, "ema_correct");

        void AssertRight(JsonElement item, string property)
        {
            var right = trainer.Score(tests).argmax(1).eq(testLabels).sum().item<long>();
            Assert.Equal(Number(item, property), right, Number(tolerance, "correct"));
        }
    }

    [Theory]
    [InlineData(0, 0, 0, 1)] // a whole run of one step
    [InlineData(0, 1, 1, 2)]
    [InlineData(3, 2, 5, 7)]
    [InlineData(2, 0, 1, 1_000_000_007)]
    public void Rate_AnyLength_IsFiniteAndWithinBounds(int type, long warmup, long period, long steps)
    {
        var definition = new ScheduleDefinition { Type = (ScheduleType)type };
        var schedule = new Schedule(definition, 0.1, steps, warmup, Math.Max(1, period));

        foreach (var step in new[] { 0, 1, steps / 2, steps - 2, steps - 1 }.Where(step => step >= 0 && step < steps))
        {
            Assert.InRange(schedule.Rate(step), 0, 0.1 + 1e-12);
            if (schedule.Momentum(step) is { } momentum)
                Assert.InRange(momentum, 0.85 - 1e-12, 0.95 + 1e-12);
        }
    }

    private static IEnumerable<JsonElement> Items() => Manifest.GetProperty("cases").EnumerateArray();

    private static OptimizerDefinition Optimizer(JsonElement trace)
    {
        var json = trace.GetProperty("optimizer");
        return new OptimizerDefinition
        {
            Type = Enum.Parse<OptimizerType>(Text(json, "type"), ignoreCase: true),
            Lr = Number(json, "lr"),
            Momentum = Optional(json, "momentum") ?? 0,
            Nesterov = json.TryGetProperty("nesterov", out var nesterov) && nesterov.GetBoolean(),
            WeightDecay = Number(json, "weight_decay"),
            Decay = Text(trace, "decay") == "all" ? WeightDecayScope.All : WeightDecayScope.Matrices,
            Betas = Numbers(json, "betas"),
            Alpha = Optional(json, "alpha") ?? 0.99,
        };
    }

    private static Objective Objective(JsonElement trace) =>
        new()
        {
            LabelSmoothing = Number(trace, "label_smoothing"),
            ClassWeights = Numbers(trace, "class_weights"),
            ClipNorm = Optional(trace, "clip_norm"),
            EmaDecay = Optional(trace, "ema_decay"),
        };

    private static Schedule Schedule(JsonElement trace, OptimizerDefinition optimizer, long steps)
    {
        var json = trace.GetProperty("schedule");
        var definition = new ScheduleDefinition
        {
            Type = Enum.Parse<ScheduleType>(Text(json, "type").Replace("_", "", StringComparison.Ordinal), true),
            MinLr = Optional(json, "min_lr") ?? 0,
            Gamma = Optional(json, "gamma") ?? 0.1,
            CycleMomentum = json.TryGetProperty("cycle_momentum", out var cycles) && cycles.GetBoolean(),
        };
        return new Schedule(
            definition,
            optimizer.HighestRate,
            steps,
            (long)(Optional(json, "warmup_steps") ?? 0),
            (long)(Optional(json, "step_size") ?? 1)
        );
    }

    private static void AssertStep(JsonElement trace, string name, int step, double actual, double tolerance)
    {
        var expected = trace.GetProperty("steps").GetProperty(name)[step].GetDouble();
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{name} of step {step}: {actual} instead of {expected}");
    }

    private static void AssertTensors(
        Trainer trainer,
        JsonElement summaries,
        SafetensorsFile file,
        string prefix,
        double tolerance
    )
    {
        using var untracked = no_grad();
        foreach (var (key, values) in trainer.Parameters.Store.StateDict)
        {
            // The file has the sums of tensors that are too large to be kept. Counters have none.
            if (summaries.ValueKind == JsonValueKind.Object && summaries.TryGetProperty(key, out var summary))
            {
                var sum = values.to(float64).sum().item<double>();
                Assert.Equal(Number(summary, "sum"), sum, values.numel() * tolerance);
            }

            if (!file.Names.Contains(prefix + key))
                continue;
            var off = (values - tensor(file.Floats(prefix + key), file.Shape(prefix + key))).abs().max().item<float>();
            Assert.True(off <= tolerance, $"{prefix}{key} is off by {off}");
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

    private static double Number(JsonElement item, string name) => item.GetProperty(name).GetDouble();

    private static double? Optional(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static double[]? Numbers(JsonElement item, string name) =>
        item.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(value => value.GetDouble())]
            : null;
}

using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Int8;

/// <summary>Times a layer by itself, in float32 and with 8-bit integers.</summary>
/// <param name="parameters">The network's tensors on the CPU; borrowed.</param>
internal sealed class LayerTimer(ParameterStore parameters)
{
    private const int Images = 4;
    private const int Runs = 5;

    /// <summary>Milliseconds of an image by each form: the fastest of several runs.</summary>
    public (double Float32, double Int8) Measure(CalibratedLayer layer)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var input = new Value(0, layer.Operator.Inputs[0].Shape);

        // A sum costs about the same in both.
        var alone = layer.Operator with
        {
            Inputs = [input],
            Output = new Value(1, layer.Operator.Output.Shape),
            Quantization = null,
        };
        var exact = PlanPasses.Compile(
            new Plan(input, [alone], alone.Output),
            new PlanTarget(Precision.Float32, ForCpu: true)
        );
        var integers = new Plan(
            input,
            [
                alone with
                {
                    KernelKind = KernelKind.Quantized,
                    Quantized = new QuantizedForm(layer.Formats.Input, null, layer.Formats.Output),
                },
            ],
            alone.Output
        );
        long[] sizes = [Images, .. input.Shape.Sizes];
        var isPicture = sizes.Length == 4;
        var numbers = isPicture ? ones([sizes[0], sizes[2], sizes[3], sizes[1]]).permute(0, 3, 1, 2) : ones(sizes);
        return (Time(exact, numbers), Time(integers, numbers.to(ScalarType.Byte)));
    }

    private double Time(Plan plan, Tensor input)
    {
        using var executor = new TorchScriptExecutor(plan, parameters, Precision.Float32, CPU);
        var best = double.PositiveInfinity;
        for (var run = 0; run <= Runs; run++)
        {
            using var scope = NewDisposeScope();
            var began = Stopwatch.GetTimestamp();
            executor.Forward(input);
            if (run > 0) // the first one prepares
                best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds / Images);
        }

        return best;
    }
}

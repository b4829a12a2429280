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

    /// <summary>Milliseconds of an image by each form.</summary>
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
        using var before = new TorchScriptExecutor(exact, parameters, Precision.Float32, CPU);
        using var after = new TorchScriptExecutor(integers, parameters, Precision.Float32, CPU);
        var ms = ExecutorTimer.Measure([(before, numbers), (after, numbers.to(ScalarType.Byte))], _ => Runs);
        return (ms[0] / Images, ms[1] / Images);
    }
}

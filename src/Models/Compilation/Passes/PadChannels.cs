using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Fills channels up with zeros to whole blocks where oneDNN 3.7 packs the rest of a block wrongly (docs/decisions/0005 and 0006). Zeros in add
/// nothing; zeros out are cut off.
/// </summary>
internal static class PadChannels
{
    /// <summary>The channels of a block in which oneDNN lays out convolutions with AVX-512.</summary>
    public const long Block = 16;

    // The same of a linear layer's outputs.
    private const long Rows = 64;

    public static Plan Apply(Plan plan, Precision precision)
    {
        var next = plan.Operators.Select(item => item.Output.Number).Append(plan.Input.Number).Max() + 1;
        return plan with
        {
            Operators =
            [
                .. plan.Operators.SelectMany(item =>
                    item is WeightedOperator { KernelKind: not KernelKind.Plain } weighted ? Pad(weighted) : [item]
                ),
            ],
        };

        IEnumerable<Operator> Pad(WeightedOperator item)
        {
            var (input, output) = (item.Inputs[0], item.Output);
            var (fillIn, fillOut) = Missing(item, precision);
            if (fillIn > 0)
            {
                var filled = new Value(next++, Resized(input.Shape, 0, input.Shape.Sizes[0] + fillIn));
                var zeros = new long[(2 * (input.Shape.Rank - 1)) + 2];
                zeros[^1] = fillIn;
                yield return new CallOperator("constant_pad_nd", [input, zeros, 0.0])
                {
                    Key = item.Key,
                    Inputs = [input],
                    Output = filled,
                };
                input = filled;
            }

            // Convolutions have their channels first, linear layers last; the batch dimension comes before either.
            var dimension = item is ConvolutionOperator ? 0 : output.Shape.Rank - 1;
            var sliced =
                fillOut == 0
                    ? output
                    : new Value(next++, Resized(output.Shape, dimension, output.Shape.Sizes[dimension] + fillOut));
            yield return item with
            {
                Inputs = [input],
                Output = sliced,
                Weights = item.Weights with { PadIn = fillIn, PadOut = fillOut },
            };
            if (fillOut > 0)
            {
                yield return new CallOperator("slice", [sliced, dimension + 1L, 0L, output.Shape.Sizes[dimension]])
                {
                    Key = item.Key,
                    Inputs = [sliced],
                    Output = output,
                };
            }
        }
    }

    /// <summary>Whether so many outputs of a linear layer are packed rightly as they are.</summary>
    public static bool IsWholeRows(long outputs, Precision precision) =>
        precision != Precision.Float32 || outputs <= Rows / 2 || outputs % Rows == 0;

    private static (long In, long Out) Missing(WeightedOperator item, Precision precision)
    {
        if (item is not ConvolutionOperator { KernelKind: KernelKind.Fused } convolution)
        {
            var outputs = item is ConvolutionOperator ? item.Output.Shape.Sizes[0] : item.Output.Shape.Sizes[^1];
            return (0, IsWholeRows(outputs, precision) ? 0 : ToWhole(outputs, Rows));
        }

        if (convolution.Groups > 1)
            return (0, 0);
        var (channelsIn, channelsOut) = (item.Inputs[0].Shape.Sizes[0], item.Output.Shape.Sizes[0]);
        return (
            channelsIn > Block ? ToWhole(channelsIn, Block) : 0,
            precision == Precision.Float32 ? 0 : ToWhole(channelsOut, Block)
        );
    }

    private static long ToWhole(long count, long block) => (block - (count % block)) % block;

    private static Shape Resized(Shape shape, int dimension, long size) =>
        new([.. shape.Sizes.Select((old, index) => index == dimension ? size : old)]);
}

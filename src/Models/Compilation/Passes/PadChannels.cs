using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Pads channels with zeros to whole blocks where oneDNN 3.7 leaves the rest of a block unwritten and then computes
/// with it (docs/decisions/0005 and 0006). Input channels of zeros add nothing to the result; output channels of zeros
/// are cut off.
/// </summary>
internal static class PadChannels
{
    /// <summary>Channels of one block in oneDNN's layout of convolutions with AVX-512.</summary>
    public const long Block = 16;

    // Outputs of one block in oneDNN's layout of a linear layer's weight.
    private const long Rows = 64;

    public static Plan Apply(Plan plan, Precision precision)
    {
        var next = plan.Operators.Select(item => item.Output.Number).Append(plan.Input.Number).Max() + 1;
        return plan with
        {
            Operators =
            [
                .. plan.Operators.SelectMany(item =>
                    item is WeightedOperator { KernelKind: KernelKind.Fused or KernelKind.AsLinear } weighted
                        ? Pad(weighted)
                        : [item]
                ),
            ],
        };

        IEnumerable<Operator> Pad(WeightedOperator item)
        {
            var (input, output) = (item.Inputs[0], item.Output);
            var (padIn, padOut) = Missing(item, item.PrecisionIn(precision));
            if (padIn > 0)
            {
                var edges = new (long Front, long Back)[input.Shape.Rank];
                edges[0] = (0, padIn);
                var pad = new PadOperator(edges, PaddingMode.Zeros) { Key = item.Key, Inputs = [input] };
                input = new Value(next++, pad.InferShape());
                yield return pad with
                {
                    Output = input,
                };
            }

            // Channels are the first dimension of a convolution's output and the last one of a linear layer's, the
            // batch dimension not counted.
            var dimension = item is ConvolutionOperator ? 0 : output.Shape.Rank - 1;
            var unsliced =
                padOut == 0
                    ? output
                    : new Value(next++, output.Shape.With(dimension, output.Shape.Sizes[dimension] + padOut));
            yield return item with
            {
                Inputs = [input],
                Output = unsliced,
                Weights = item.Weights with { PadIn = padIn, PadOut = padOut },
            };
            if (padOut > 0)
            {
                yield return new SliceOperator(dimension + 1, 0, output.Shape.Sizes[dimension])
                {
                    Key = item.Key,
                    Inputs = [unsliced],
                    Output = output,
                };
            }
        }
    }

    /// <summary>Whether oneDNN packs a linear layer with this number of outputs correctly, without padding.</summary>
    public static bool IsWholeRows(long outputs, Precision precision) =>
        precision != Precision.Float32 || outputs <= Rows / 2 || outputs % Rows == 0;

    private static (long In, long Out) Missing(WeightedOperator item, Precision precision)
    {
        if (item is not ConvolutionOperator { KernelKind: KernelKind.Fused } convolution)
        {
            var outputs = item is ConvolutionOperator ? item.Output.Shape.Sizes[0] : item.Output.Shape.Sizes[^1];
            return (0, IsWholeRows(outputs, precision) ? 0 : MissingTo(outputs, Rows));
        }

        if (convolution.Groups > 1)
            return (0, 0);
        var (channelsIn, channelsOut) = (item.Inputs[0].Shape.Sizes[0], item.Output.Shape.Sizes[0]);
        return (
            channelsIn > Block ? MissingTo(channelsIn, Block) : 0,
            precision == Precision.Float32 ? 0 : MissingTo(channelsOut, Block)
        );
    }

    private static long MissingTo(long count, long block) => (block - (count % block)) % block;
}

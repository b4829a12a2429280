using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Fuses a sum into the convolution or linear layer that computes one of its terms, if no other operator reads that
/// term.
/// </summary>
internal static class FuseSums
{
    public static Plan Apply(Plan plan) =>
        Fusion.Apply(
            plan,
            (item, producer) =>
            {
                if (
                    item is not AddOperator { Inputs: [var left, var right] }
                    || !left.Shape.Sizes.SequenceEqual(right.Shape.Sizes)
                )
                {
                    return null;
                }

                var choices = new[] { (Before: producer(left), Addend: right), (Before: producer(right), Addend: left) }
                    .Where(choice =>
                        choice.Before is { Activation: null, HasAddend: false } && AddsCorrectly(choice.Before)
                    )
                    .OrderByDescending(choice => choice.Before is { Quantization.Addend: not null })
                    .ThenByDescending(choice => choice.Before is ConvolutionOperator { KernelKind: KernelKind.Fused })
                    .ToList();
                return choices is [(var before, var addend), ..]
                    ? (before!, before! with { Inputs = [before.Inputs[0], addend] })
                    : null;
            }
        );

    // oneDNN 3.7 computes wrong sums if the last block of output channels is not full (docs/decisions/0006). It can't
    // tell the layout of a single pixel either.
    private static bool AddsCorrectly(WeightedOperator item) =>
        item.Quantization is { } formats
            ? formats.Addend is not null
            : item is not ConvolutionOperator { KernelKind: KernelKind.Fused }
                || (
                    item.Output.Shape.Sizes[0] % PadChannels.Block == 0
                    && item.Output.Shape.Sizes.Skip(1).Any(size => size > 1)
                );
}

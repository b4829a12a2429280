using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>The part of the input that one number of a layer's output depends on, in each spatial dimension.</summary>
/// <param name="Size">
/// Side of that part, in elements of the input; padding counts, so a side can exceed the input's.
/// </param>
/// <param name="Stride">Distance between the parts of neighbouring numbers, in elements of the input.</param>
/// <remarks>
/// <c>size' = size + (extent - 1) · stride</c>, <c>stride' = stride · step</c>. Source: Araujo, Norris and Sim 2019,
/// "Computing Receptive Fields of Convolutional Neural Networks", doi:10.23915/distill.00021. Numbers beyond 64 bits
/// become the greatest number. That is not an error: a field may be larger than any input.
/// </remarks>
public sealed record ReceptiveField(IReadOnlyList<long> Size, IReadOnlyList<long> Stride)
{
    /// <summary>The field of the input itself: each number depends on itself.</summary>
    internal static ReceptiveField Point(int rank) =>
        new([.. Enumerable.Repeat(1L, rank)], [.. Enumerable.Repeat(1L, rank)]);

    /// <summary>The field of a number that depends on the whole input.</summary>
    internal static ReceptiveField Whole(Shape input) => new([.. input.Sizes.Skip(1)], [.. input.Sizes.Skip(1)]);

    /// <summary>The field after windows have slid over a value that has this field.</summary>
    internal ReceptiveField Through(IReadOnlyList<Window> windows) =>
        windows.Count != Size.Count
            ? this
            : new(
                [
                    .. Size.Select(
                        (size, dimension) =>
                            long.CreateSaturating(size + ((Int128)(windows[dimension].Extent - 1) * Stride[dimension]))
                    ),
                ],
                [
                    .. Stride.Select(
                        (stride, dimension) => long.CreateSaturating((Int128)stride * windows[dimension].Stride)
                    ),
                ]
            );

    /// <summary>The larger of two fields, where branches join.</summary>
    internal static ReceptiveField Larger(ReceptiveField left, ReceptiveField right) =>
        Total(left) >= Total(right) ? left : right;

    private static double Total(ReceptiveField field) => field.Size.Sum(size => (double)size);
}

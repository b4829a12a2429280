namespace ModelService.Models.Tensors;

/// <summary>
/// A size for each spatial dimension, written as one number for all of them (<c>3</c>) or as a list (<c>[3, 5]</c>:
/// height, width).
/// </summary>
/// <param name="Values">One number for all dimensions, or one number for each.</param>
public sealed record Sizes(IReadOnlyList<int> Values)
{
    private const int LongestQuote = 8;

    /// <summary>Creates sizes that are the same in every dimension.</summary>
    /// <param name="value">The size.</param>
    public static implicit operator Sizes(int value) => new([value]);

    /// <summary>The sizes of <paramref name="rank"/> dimensions; a single number is repeated.</summary>
    internal long[] Expand(int rank) =>
        [.. Values.Count == 1 ? Enumerable.Repeat((long)Values[0], rank) : Values.Select(size => (long)size)];

    /// <summary>Whether the sizes fit a number of dimensions.</summary>
    internal bool Fits(int rank) => Values.Count == 1 || Values.Count == rank;

    /// <inheritdoc/>
    public bool Equals(Sizes? other) => other is not null && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Aggregate(17, HashCode.Combine);

    /// <summary>The sizes as quoted in messages; only the first ones if there are many.</summary>
    public override string ToString() =>
        Values.Count == 1
            ? $"{Values[0]}"
            : $"[{string.Join(", ", Values.Take(LongestQuote))}{(Values.Count > LongestQuote ? ", ..." : "")}]";
}

namespace ModelService.Models.Tensors;

/// <summary>A size for each spatial dimension, written as one number for all (<c>3</c>) or as a list (<c>[3, 5]</c>: height, width).</summary>
/// <param name="Values">One number, or one for each dimension.</param>
public sealed record Sizes(IReadOnlyList<int> Values)
{
    private const int LongestQuote = 8;

    /// <summary>The same size in every dimension.</summary>
    /// <param name="value">The size.</param>
    public static implicit operator Sizes(int value) => new([value]);

    /// <summary>The sizes of <paramref name="rank"/> dimensions; the single number counts for each.</summary>
    internal long[] Expand(int rank) =>
        [.. Values.Count == 1 ? Enumerable.Repeat((long)Values[0], rank) : Values.Select(size => (long)size)];

    /// <summary>Whether the sizes fit that many dimensions.</summary>
    internal bool Fits(int rank) => Values.Count == 1 || Values.Count == rank;

    /// <inheritdoc/>
    public bool Equals(Sizes? other) => other is not null && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Aggregate(17, HashCode.Combine);

    /// <summary>The sizes as a message quotes them: the first ones, when there are too many.</summary>
    public override string ToString() =>
        Values.Count == 1
            ? $"{Values[0]}"
            : $"[{string.Join(", ", Values.Take(LongestQuote))}{(Values.Count > LongestQuote ? ", ..." : "")}]";
}

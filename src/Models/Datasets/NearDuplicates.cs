using System.Numerics;
using System.Runtime.InteropServices;

namespace ModelService.Models.Datasets;

/// <summary>
/// Finds images that look the same, by their signatures. Images are put into buckets by the means of eight parts of the
/// signature, and compared within a bucket and with those of neighbouring buckets that differ little.
/// </summary>
internal sealed class NearDuplicates
{
    private const int Parts = 8;
    private const int PartLength = ImageSignature.Length / Parts;
    private const double Cell = 6; // width of a bucket, in grey values
    private const double Margin = 1.2; // the most that a part of two near-duplicates differs by
    private const int MaxProbes = 64;
    private const long MaxComparisons = 100_000_000;

    // Differences that re-encoding and resizing make grow with the contrast of the picture.
    private const double LeastDifference = 0.5,
        MostDifference = 3,
        DifferenceByDeviation = 0.04;
    private const double MostAspect = 1.05;

    private readonly IReadOnlyList<DatasetImage> images;
    private readonly byte[] signatures;
    private readonly int[] groups; // the first image of each image's group, by union and find
    private long comparisons;

    /// <summary>Finds the groups.</summary>
    /// <param name="images">The images.</param>
    /// <param name="signatures">Their signatures, one after another.</param>
    public NearDuplicates(IReadOnlyList<DatasetImage> images, byte[] signatures)
    {
        (this.images, this.signatures) = (images, signatures);
        groups = [.. Enumerable.Range(0, images.Count)];
        Find(Representatives());
    }

    /// <summary>Groups of two or more images that look the same, as their places in the list.</summary>
    public IEnumerable<IReadOnlyList<int>> Groups =>
        Enumerable.Range(0, images.Count).GroupBy(Root).Select(group => group.ToList()).Where(group => group.Count > 1);

    /// <summary>Whether a signature has one grey value.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> signature)
    {
        var (least, most) = (byte.MaxValue, byte.MinValue);
        foreach (var value in signature)
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return most - least <= 2;
    }

    private ReadOnlySpan<byte> Signature(int index) =>
        signatures.AsSpan(index * ImageSignature.Length, ImageSignature.Length);

    // One of those whose signatures are equal; the others join its group. Plain images all look the same, and are
    // reported as such.
    private List<int> Representatives()
    {
        var first = new Dictionary<UInt128, int>();
        var representatives = new List<int>();
        for (var index = 0; index < images.Count; index++)
        {
            if (IsPlain(Signature(index)))
                continue;
            var hash = System.IO.Hashing.XxHash128.HashToUInt128(Signature(index));
            if (first.TryAdd(hash, index))
                representatives.Add(index);
            else if (HaveSameShape(index, first[hash]))
                Join(index, first[hash]);
        }

        return representatives;
    }

    private void Find(List<int> candidates)
    {
        var buckets = new Dictionary<UInt128, List<int>>();
        Span<double> means = stackalloc double[Parts];
        var keys = new List<UInt128>();
        var deviations = candidates.ToDictionary(index => index, index => Deviation(Signature(index)));
        foreach (var index in candidates)
        {
            Means(Signature(index), means);
            Keys(means, keys);
            foreach (var key in keys)
            {
                if (!buckets.TryGetValue(key, out var bucket))
                    continue;
                foreach (var other in bucket)
                {
                    if (comparisons++ >= MaxComparisons)
                        return;
                    var most = DifferenceByDeviation * Math.Min(deviations[index], deviations[other]);
                    most = Math.Clamp(most, LeastDifference, MostDifference) * ImageSignature.Length;
                    if (HaveSameShape(index, other) && Difference(Signature(index), Signature(other)) <= most)
                        Join(index, other);
                }
            }

            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(buckets, keys[0], out _);
            (own ??= []).Add(index);
        }
    }

    private bool HaveSameShape(int one, int other)
    {
        var (a, b) = (images[one], images[other]);
        var ratio = (double)a.Width * b.Height / ((double)a.Height * b.Width);
        return ratio is <= MostAspect and >= 1 / MostAspect;
    }

    private int Root(int index)
    {
        while (groups[index] != index)
            index = groups[index] = groups[groups[index]];
        return index;
    }

    private void Join(int one, int other)
    {
        var (a, b) = (Root(one), Root(other));
        groups[Math.Max(a, b)] = Math.Min(a, b);
    }

    private static void Means(ReadOnlySpan<byte> signature, Span<double> means)
    {
        // Parts of 4 columns and 8 rows.
        means.Clear();
        for (var index = 0; index < ImageSignature.Length; index++)
        {
            var (row, column) = (index / ImageSignature.Side, index % ImageSignature.Side);
            means[(row / 8 * 4) + (column / 4)] += signature[index];
        }

        foreach (ref var mean in means)
            mean /= PartLength;
    }

    // The key of the bucket of an image, and those of the buckets that it is within the margin of.
    private static void Keys(ReadOnlySpan<double> means, List<UInt128> keys)
    {
        keys.Clear();
        keys.Add(0);
        for (var part = 0; part < Parts; part++)
        {
            var place = means[part] / Cell;
            var cell = (int)place;
            var rest = (place - cell) * Cell;
            var neighbour =
                rest < Margin ? cell - 1
                : rest > Cell - Margin ? cell + 1
                : -1;
            var shift = part * 8;
            var known = keys.Count;
            for (var i = 0; i < known; i++)
            {
                if (neighbour >= 0 && keys.Count < MaxProbes)
                    keys.Add(keys[i] | ((UInt128)neighbour << shift));
                keys[i] |= (UInt128)cell << shift;
            }
        }
    }

    private static double Deviation(ReadOnlySpan<byte> signature)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in signature)
            (sum, squares) = (sum + value, squares + (value * value));
        var mean = sum / signature.Length;
        return Math.Sqrt(Math.Max((squares / signature.Length) - (mean * mean), 0));
    }

    // The sum of the absolute differences.
    private static int Difference(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        var a = MemoryMarshal.Cast<byte, Vector<byte>>(one);
        var b = MemoryMarshal.Cast<byte, Vector<byte>>(other);
        var sum = Vector<ushort>.Zero; // at most 32 differences of 255 in each
        for (var i = 0; i < a.Length; i++)
        {
            var difference = Vector.Max(a[i], b[i]) - Vector.Min(a[i], b[i]);
            Vector.Widen(difference, out var low, out var high);
            sum += low + high;
        }

        var total = 0;
        for (var i = 0; i < Vector<ushort>.Count; i++)
            total += sum[i];
        return total;
    }
}

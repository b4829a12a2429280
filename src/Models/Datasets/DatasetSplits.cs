using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ModelService.Models.Datasets;

/// <summary>
/// Divides a data set into splits. The draw depends only on the seed and on the image's id or group, so that the images
/// of a later revision do not move those of an earlier one.
/// </summary>
internal static class DatasetSplits
{
    /// <summary>The splits as they were uploaded; without one, an image is for training.</summary>
    public static IReadOnlyList<Split> Uploaded(IReadOnlyList<DatasetImage> images) =>
        [.. images.Select(image => image.Split ?? Split.Train)];

    /// <summary>
    /// Keeps the uploaded splits. If no image is in <see cref="Split.Val"/> (or <see cref="Split.Test"/>), draws a
    /// share
    /// of the images for training: of each class about the share, and of a class of two or more at least one, as long
    /// as one stays to train with. Images of one group stay together.
    /// </summary>
    /// <param name="images">The images.</param>
    /// <param name="seed">Another seed gives another draw.</param>
    /// <param name="valShare">The share of <see cref="Split.Val"/>, 0 to 1.</param>
    /// <param name="testShare">The share of <see cref="Split.Test"/>, 0 to 1.</param>
    /// <returns>The split of each image, in order.</returns>
    public static IReadOnlyList<Split> Assign(
        IReadOnlyList<DatasetImage> images,
        int seed,
        double valShare = 0.2,
        double testShare = 0
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(valShare);
        ArgumentOutOfRangeException.ThrowIfNegative(testShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(valShare + testShare, 1);
        var units = Units(images, seed);
        var draws = new List<(Split Split, double Share)>();
        if (testShare > 0 && units.TrueForAll(unit => unit.Split != Split.Test))
            draws.Add((Split.Test, testShare));
        if (valShare > 0 && units.TrueForAll(unit => unit.Split != Split.Val))
            draws.Add((Split.Val, valShare));
        var begin = 0.0;
        foreach (var (split, share) in draws)
        {
            foreach (var unit in units.Where(unit => unit.IsFree && unit.Draw >= begin && unit.Draw < begin + share))
                unit.Split = split;
            begin += share;
        }

        // From the end, so that the split that is needed most gets its image last.
        foreach (var (split, _) in draws)
            Complete(units, split);
        Complete(units, Split.Train);

        var splits = new Split[images.Count];
        foreach (var unit in units)
        {
            foreach (var index in unit.Indices)
                splits[index] = unit.IsFree ? unit.Split : images[index].Split ?? unit.Split;
        }

        return splits;
    }

    // Gives a class without an image in a split one of those that were drawn, if another one stays in its split.
    private static void Complete(List<Unit> units, Split wanted)
    {
        var members = units
            .SelectMany(unit => unit.Labels.Select(label => (Label: label, Unit: unit)))
            .ToLookup(pair => pair.Label, pair => pair.Unit);
        foreach (var ofClass in members.OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            if (ofClass.Any(unit => unit.Split == wanted))
                continue;
            var donors = ofClass
                .Where(unit => unit.IsFree && CanLeave(unit, members))
                .OrderBy(unit => unit.Draw)
                .ThenBy(unit => unit.Key, StringComparer.Ordinal);
            if ((wanted == Split.Train ? donors.LastOrDefault() : donors.FirstOrDefault()) is { } moved)
                moved.Split = wanted;
        }
    }

    private static bool CanLeave(Unit unit, ILookup<string, Unit> members) =>
        unit.Labels.All(label =>
            unit.Split != Split.Train || members[label].Any(other => other != unit && other.Split == Split.Train)
        );

    private static List<Unit> Units(IReadOnlyList<DatasetImage> images, int seed)
    {
        var units = new Dictionary<string, Unit>();
        for (var index = 0; index < images.Count; index++)
        {
            var image = images[index];
            var key = image.Group is { } group ? $"group {group}" : image.Id;
            if (!units.TryGetValue(key, out var unit))
                units[key] = unit = new Unit(key, DrawOf(seed, key));
            unit.Add(index, image);
        }

        return [.. units.Values];
    }

    // A number of [0, 1).
    private static double DrawOf(int seed, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {key}"));
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) * Math.ScaleB(1, -53);
    }

    // Images that stay together: those of a group, or a single one.
    private sealed class Unit(string key, double draw)
    {
        public string Key => key;

        public double Draw => draw;

        public List<int> Indices { get; } = [];

        public HashSet<string> Labels { get; } = [];

        public Split Split { get; set; } = Split.Train;

        // Whether it may be drawn: none of its images was uploaded for validation or testing.
        public bool IsFree { get; private set; } = true;

        public void Add(int index, DatasetImage image)
        {
            Indices.Add(index);
            Labels.Add(image.Label);
            if (image.Split is not (Split.Val or Split.Test))
                return;

            // An image without a split follows its group.
            Split =
                IsFree ? image.Split.Value
                : Split == Split.Test ? Split
                : image.Split.Value;
            IsFree = false;
        }
    }
}

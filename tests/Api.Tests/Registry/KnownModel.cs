using System.Collections.Immutable;

namespace ModelService.Api.Tests.Registry;

/// <summary>A model as its owner knows it, or as the server shows it.</summary>
/// <param name="Versions">Its versions by number; without any, there is no model.</param>
/// <param name="Pinned">The version that is pinned.</param>
/// <param name="LastVersion">The highest number that a version ever had.</param>
internal sealed record KnownModel(ImmutableSortedDictionary<int, KnownVersion> Versions, int? Pinned, int LastVersion)
{
    public static KnownModel None { get; } = new(ImmutableSortedDictionary<int, KnownVersion>.Empty, null, 0);

    public KnownModel With(int number, KnownVersion version) =>
        this with
        {
            Versions = Versions.SetItem(number, version),
            LastVersion = Math.Max(LastVersion, number),
        };

    /// <summary>Whether the server shows the model like this.</summary>
    public bool Agrees(KnownModel shown) =>
        Pinned == shown.Pinned
        && Versions.Keys.SequenceEqual(shown.Versions.Keys)
        && Versions.All(pair => pair.Value.Agrees(shown.Versions[pair.Key]));

    /// <summary>The same model with the scores that the server shows.</summary>
    public KnownModel WithScoresOf(KnownModel shown) =>
        Versions.Aggregate(
            this,
            (model, pair) => model.With(pair.Key, pair.Value with { Scores = shown.Versions[pair.Key].Scores })
        );

    public override string ToString() =>
        Versions.IsEmpty ? "no model" : $"{string.Join(", ", Versions)}, pinned {Pinned?.ToString() ?? "none"}";
}

/// <summary>A version as its owner knows it, or as the server shows it.</summary>
/// <param name="Layer">The name of its layer.</param>
/// <param name="Labels">Its labels, joined.</param>
/// <param name="IsRandom">Whether its weights are random, so that others can be put in their place.</param>
/// <param name="Scores">Its scores for the same input; null while the owner does not know them.</param>
internal sealed record KnownVersion(string Layer, string Labels, bool IsRandom, float[]? Scores)
{
    public bool Agrees(KnownVersion shown) =>
        (Labels, IsRandom) == (shown.Labels, shown.IsRandom) && (Scores is null || Scores.SequenceEqual(shown.Scores!));

    public override string ToString() =>
        $"{Labels} {(IsRandom ? "random" : "loaded")} [{(Scores is null ? "?" : string.Join(' ', Scores))}]";
}

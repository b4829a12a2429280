using System.Globalization;

namespace ModelService.Models.Language;

/// <summary>A model that another one is made from, written <c>pets</c> or <c>pets@1</c>.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; null: the one that is served.</param>
public readonly record struct ModelReference(string Name, int? Version)
{
    /// <summary>What one looks like.</summary>
    internal const string Pattern = NamePattern + "(@[0-9]{1,9})?";

    /// <summary>What a model's name looks like.</summary>
    internal const string NamePattern = "[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?";

    /// <summary>Reads what <see cref="Pattern"/> describes.</summary>
    internal static ModelReference Parse(string text) =>
        text.Split('@') is [var name, var version]
            ? new(name, int.Parse(version, CultureInfo.InvariantCulture))
            : new(text, null);

    /// <inheritdoc/>
    public override string ToString() => Version is null ? Name : $"{Name}@{Version}";
}

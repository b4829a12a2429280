using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelService.Models.Language;

/// <summary>A model that another one derives from, written <c>pets</c> or <c>pets@1</c>.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; null: the default version.</param>
public readonly record struct ModelReference(string Name, int? Version)
{
    /// <summary>The regular expression of a reference.</summary>
    internal const string Pattern = NamePattern + "(@[0-9]{1,9})?";

    /// <summary>The regular expression of a model's name.</summary>
    internal const string NamePattern = "[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?";

    /// <summary>What <see cref="NamePattern"/> allows, as a sentence.</summary>
    public const string NameMeaning =
        "1 to 64 lower-case letters, digits, '.', '_' or '-'; begins and ends with a letter or digit.";

    /// <summary>Whether a text can be a model's name.</summary>
    public static bool IsName(string text) =>
        Regex.IsMatch(text, $@"\A(?:{NamePattern})\z", RegexOptions.CultureInvariant);

    /// <summary>Reads a reference that matches <see cref="Pattern"/>.</summary>
    internal static ModelReference Parse(string text) =>
        text.Split('@') is [var name, var version]
            ? new(name, int.Parse(version, CultureInfo.InvariantCulture))
            : new(text, null);

    /// <inheritdoc/>
    public override string ToString() => Version is null ? Name : $"{Name}@{Version}";
}

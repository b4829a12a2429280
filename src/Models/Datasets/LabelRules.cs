using System.Text;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>What a label and a group may be: a line of text, which is never used as a path.</summary>
public static class LabelRules
{
    /// <summary>Largest number of characters of a label.</summary>
    public const int MaxLength = 100;

    private const int MaxGroup = 200;
    private const int MaxFileName = 200;

    /// <summary>Leaves out the spaces around a label, and checks it.</summary>
    /// <param name="label">The label, as it was uploaded.</param>
    /// <returns>The label; or <see cref="ErrorCode.LabelInvalid"/>.</returns>
    public static Outcome<string> Check(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var problem =
            !IsText(label) ? "has control characters or half a surrogate pair"
            : label.Trim() is not { Length: > 0 } ? "is empty"
            : label.Trim().Length > MaxLength ? $"has more than {MaxLength} characters"
            : null;
        return problem is null
            ? label.Trim()
            : new Failure(ErrorCode.LabelInvalid, $"The label '{Quote(label)}' {problem}.");
    }

    /// <summary>Checks a group.</summary>
    /// <param name="group">The group; null for none.</param>
    /// <returns>Why it can't be one; null when it can.</returns>
    public static Failure? CheckGroup(string? group) =>
        group is null || (group.Length is > 0 and <= MaxGroup && IsText(group))
            ? null
            : new Failure(
                ErrorCode.MalformedRequest,
                $"A group has 1 to {MaxGroup} characters, without control characters."
            );

    /// <summary>The end of a file's name, as text without control characters; null when there is none.</summary>
    internal static string? Clean(string? fileName) =>
        string.IsNullOrEmpty(fileName)
            ? null
            : Quote(fileName.Length > MaxFileName ? fileName[^MaxFileName..] : fileName);

    private static bool IsText(string text) =>
        text.EnumerateRunes().All(rune => !Rune.IsControl(rune) && rune != Rune.ReplacementChar);

    // Half a pair becomes the replacement character.
    private static string Quote(string text) =>
        string.Concat(
            Suggestions
                .Shorten(text, MaxFileName)
                .EnumerateRunes()
                .Select(rune => Rune.IsControl(rune) ? "?" : rune.ToString())
        );
}

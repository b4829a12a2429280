using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Language;

namespace ModelService.Models.Explanation;

/// <summary>The class that a request names.</summary>
/// <param name="Index">Its index; null: the one with the highest score.</param>
internal sealed record ClassChoice(int? Index)
{
    /// <summary>Reads a class: <c>top</c>, a label, or else an index.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">What the request says.</param>
    public static Outcome<ClassChoice> Read(ResolvedModel model, string text)
    {
        var labels = model.Definition.Labels ?? [];
        List<int> named = [.. labels.Index().Where(item => item.Item == text).Select(item => item.Index)];
        if (named is [var only])
            return new ClassChoice(only);
        if (named.Count > 1)
        {
            var all = string.Join(", ", named);
            return Refused($"The classes {all} are all called '{Suggestions.Shorten(text)}': give the index of one.");
        }

        if (text == ExplanationTerms.TopClass)
            return new ClassChoice(Index: null);
        var isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (isNumber && number >= 0 && number < model.ClassCount)
            return new ClassChoice(number);
        var last = model.ClassCount - 1;
        return Refused(
            isNumber ? $"There is no class {number}: the model has the classes 0 to {last}."
            : labels.Count == 0
                ? $"The model has no labels, so 'class' is 'top' or an index of 0 to {last}, not "
                    + $"'{Suggestions.Shorten(text)}'."
            : $"The model has no class '{Suggestions.Shorten(text)}'"
                + (Suggestions.Nearest(text, labels) is { } near ? $"; did you mean '{near}'?" : ".")
        );
    }

    private static Failure Refused(string detail) =>
        new(ErrorCode.MalformedRequest, detail) { Errors = [new ErrorDetail("?class", detail)] };
}

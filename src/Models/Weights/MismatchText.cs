using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>Describes a mismatch between a file and an architecture in sentences for the client.</summary>
internal static class MismatchText
{
    private const int ShownNames = 3;
    private const int MaxErrors = 1000;

    /// <summary>
    /// The <c>weights_mismatch</c> error, with an entry for each tensor that doesn't fit (at most 1,000).
    /// </summary>
    public static ServingException Error(WeightsReport report, bool allowPartial)
    {
        TensorSpec[] missing = [.. report.MissingSpecs.Where(spec => !spec.IsCounter)];
        var errors = missing
            .Select(spec => new ErrorDetail(
                Pointer(spec.Name),
                $"The file lacks this tensor; its shape is {Unreadable.Sizes(spec.Shape)}."
            ))
            .Concat(
                report.Mismatched.Select(name => new ErrorDetail(
                    Pointer(name),
                    "The architecture has no tensor with this name."
                ))
            )
            .Concat(
                report.ShapeMismatch.Select(shape => new ErrorDetail(
                    Pointer(shape.Name),
                    $"The shape is {Unreadable.Sizes(shape.Found)}; "
                        + $"the architecture expects {Unreadable.Sizes(shape.Expected)}."
                ))
            )
            .Take(MaxErrors);
        return new ServingException(
            new WeightsMismatch(Sentence(report, missing, allowPartial), report) { Errors = [.. errors] }
        );
    }

    /// <summary>
    /// The JSON pointer of a tensor, as if the state dict were an object with a property for each tensor.
    /// </summary>
    private static string Pointer(string name) => JsonPointer.Append("", Unreadable.Shorten(name));

    private static string Sentence(WeightsReport report, TensorSpec[] missing, bool allowPartial)
    {
        if (report.IsEmpty)
            return "The file holds no tensors.";
        string[] parts =
        [
            .. Clause(missing.Length, "is missing", "are missing", missing.Select(spec => Unreadable.Quote(spec.Name))),
            .. Clause(
                report.Mismatched.Count + report.MoreMismatched,
                "is unexpected",
                "are unexpected",
                report.Mismatched.Select(Unreadable.Quote)
            ),
            .. Clause(
                report.ShapeMismatch.Count,
                "has another shape",
                "have another shape",
                report.ShapeMismatch.Select(Shape)
            ),
        ];
        return string.Join(
            ' ',
            [
                $"The weights don't fit the architecture: {string.Join("; ", parts)}.",
                .. allowPartial && !report.HasPrefixChoices ? [WhyNotInPart(report)] : report.Suggestions,
            ]
        );
    }

    /// <summary>The reason why even <c>allow_partial</c> can't load the file.</summary>
    private static string WhyNotInPart(WeightsReport report) =>
        report.MissingOfPartialLayers.Count == 0
            ? "None of the file's tensors fits, so there is nothing that allow_partial could load."
            : $"The file has the layer of {Unreadable.Quote(report.MissingOfPartialLayers[0])}, but not this tensor. "
                + "allow_partial leaves only whole layers random, not parts of a trained layer. "
                + "Was the layer trained without the tensor (\"bias\": false), or is the file incomplete?";

    /// <summary>A clause such as <c>2 tensors are missing ('0.weight', '0.bias')</c>; none if the count is 0.</summary>
    private static IEnumerable<string> Clause(int count, string one, string several, IEnumerable<string> names)
    {
        if (count == 0)
            return [];
        var shown = string.Join(", ", names.Take(ShownNames));
        var more = count > ShownNames ? $" and {count - ShownNames} more" : "";
        return [$"{count} {(count == 1 ? $"tensor {one}" : $"tensors {several}")} ({shown}{more})"];
    }

    private static string Shape(ShapeMismatch shape) =>
        $"{Unreadable.Quote(shape.Name)} is {Unreadable.Sizes(shape.Found)}, not {Unreadable.Sizes(shape.Expected)}";
}

using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>A change to what isn't fixed with a version.</summary>
/// <param name="Pins">Whether the default version is given.</param>
/// <param name="DefaultVersion">The version to pin as the default; null: the newest that is ready, from now on.</param>
/// <param name="Labels">One label per class of the default version; null leaves them.</param>
public sealed record ModelUpdate(bool Pins, int? DefaultVersion, IReadOnlyList<string>? Labels)
{
    /// <summary>Reads one, with every error and its place.</summary>
    /// <param name="json"><c>{"default_version": 2 | "newest", "labels": [...]}</c>.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
    public static ModelUpdate Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ModelRegistry.Invalid(
                "",
                "The body must be an object with \"default_version\" or \"labels\", or both."
            );
        }

        var errors = new List<ErrorDetail>();
        var update = new ModelUpdate(false, null, null);
        foreach (var property in json.EnumerateObject())
        {
            var value = property.Value;
            switch (property.Name)
            {
                case "default_version" when value.ValueKind == JsonValueKind.String && value.ValueEquals("newest"):
                    update = update with { Pins = true, DefaultVersion = null };
                    break;
                case "default_version"
                    when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number):
                    update = update with { Pins = true, DefaultVersion = number };
                    break;
                case "default_version":
                    errors.Add(new ErrorDetail("/default_version", "It must be a version's number, or \"newest\"."));
                    break;
                case "labels"
                    when value.ValueKind == JsonValueKind.Array
                        && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                    update = update with { Labels = [.. value.EnumerateArray().Select(item => item.GetString()!)] };
                    break;
                case "labels":
                    errors.Add(new ErrorDetail("/labels", "It must be a list of texts, one for each class."));
                    break;
                default:
                    errors.Add(
                        new ErrorDetail(
                            "/" + property.Name,
                            "Unknown here: \"default_version\" and \"labels\" can be changed. All else is fixed with a version; make a new one."
                        )
                    );
                    break;
            }
        }

        if (errors.Count == 0 && update is { Pins: false, Labels: null })
            errors.Add(new ErrorDetail("", "Nothing is to be changed: give \"default_version\" or \"labels\"."));
        return errors.Count == 0
            ? update
            : throw new ServingException(ErrorCode.DefinitionInvalid, errors[0].Detail, errors);
    }
}

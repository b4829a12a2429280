using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <content>What names, classes and labels may be.</content>
public sealed partial class DatasetCatalog
{
    private static void CheckName(string name)
    {
        if (!IsName(name))
        {
            throw ServingException.MalformedAt(
                "/name",
                "a data set's name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and begins and ends with a "
                    + "letter or a digit."
            );
        }
    }

    private List<string>? CheckClasses(IReadOnlyList<string>? classes)
    {
        if (classes is null)
            return null;
        if (classes.Count > limits.MaxClasses)
            throw DatasetUsage.TooLarge($"a set of {classes.Count} classes", nameof(limits.MaxClasses));
        var known = classes.Select(label => LabelRules.Check(label).OrThrow()).ToList();
        if (known.Count < 2)
            throw ServingException.MalformedAt("/classes", "a classifier needs two classes or more.");
        if (known.CountBy(label => label).FirstOrDefault(pair => pair.Value > 1) is { Value: > 1, Key: var twice })
            throw ServingException.MalformedAt("/classes", $"'{twice}' is there twice.");
        return known;
    }

    // The classes that an upload has only folders of: those that can be classes of the set.
    private List<string> CheckFound(IReadOnlyList<string> classes, Dataset? known)
    {
        List<string> found = [.. classes.Select(label => LabelRules.Check(label).Value).OfType<string>().Distinct()];
        return known is { HasFixedClasses: true } ? []
            : found.Count <= limits.MaxClasses ? found
            : throw DatasetUsage.TooLarge($"a set of {found.Count} classes", nameof(limits.MaxClasses));
    }

    private string CheckLabel(string label, Dataset dataset)
    {
        var normal = LabelRules.Check(label).OrThrow();
        if (dataset.Classes.Contains(normal))
            return normal;
        if (dataset.HasFixedClasses)
        {
            throw new ServingException(
                ErrorCode.LabelInvalid,
                $"'{normal}' is not a class of the data set '{dataset.Name}'."
            );
        }

        return dataset.Classes.Count < limits.MaxClasses
            ? normal
            : throw DatasetUsage.TooLarge($"a set of more than {limits.MaxClasses} classes", nameof(limits.MaxClasses));
    }
}

using System.ComponentModel;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Registry;

/// <summary>A change to a model, apart from a new version; null leaves a property as it is.</summary>
public sealed record ModelUpdate
{
    /// <summary>The version to pin as the default, or the newest that is ready, from now on.</summary>
    [Description("The number of the version to pin as the default, or \"newest\"."), RefusesNull]
    public VersionChoice? DefaultVersion { get; init; }

    /// <summary>One label per class of the default version.</summary>
    [Description("One label per class of the default version."), RefusesNull]
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Reads a change, with every error and its place.</summary>
    /// <param name="json"><c>{"default_version": 2 | "newest", "labels": [...]}</c>.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
    public static ModelUpdate Read(JsonElement json)
    {
        var errors = new DefinitionErrors();
        var update = new StrictReader(errors).Read<ModelUpdate>(json, "");
        if (errors.Count == 0 && update is { DefaultVersion: null, Labels: null })
        {
            const string Nothing = "Nothing is to be changed: give \"default_version\" or \"labels\".";
            errors.Add(new ErrorDetail("", Nothing));
        }

        return errors.Count == 0 ? update! : throw errors.Exception(json);
    }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>A change to a model that needs no new version. A property that is null stays as it is.</summary>
public sealed record ModelUpdate
{
    /// <summary>
    /// The version to pin as the default; or, as <c>"newest"</c> or null, the newest that is ready, now and in future.
    /// </summary>
    [Description("The number of the version to pin as the default, or \"newest\" (or null) to pin none.")]
    [RefusesNull]
    public VersionChoice? DefaultVersion { get; init; }

    /// <summary>One label per class of the default version.</summary>
    [Description("One label per class of the default version.")]
    [RefusesNull]
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>
    /// The versions that answer requests without a version number; without percents, the default version alone.
    /// </summary>
    [Description("Whole percents by the number of a version, which add up to 100; null: the default version alone.")]
    [Range(0, 100)]
    [RefusesNull]
    public RouteShares? Routes { get; init; }

    /// <summary>The conditions at which <see cref="Routes"/> stop.</summary>
    [Description("The conditions at which the routes stop.")]
    [RefusesNull]
    public StopConditions? Stop { get; init; }

    /// <summary>Reads a change; an error names every place that is wrong.</summary>
    /// <param name="json">
    /// <c>{"default_version": 2 | "newest", "labels": [...], "routes": {"1": 90, "2": 10}, "stop": {...}}</c>.
    /// </param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
    public static ModelUpdate Read(JsonElement json)
    {
        var errors = new DefinitionErrors();
        var update = new StrictReader(errors).Read<ModelUpdate>(json, "");
        ModelResolver.CheckLabels(update?.Labels, errors);
        if (errors.Count == 0 && update is { DefaultVersion: null, Labels: null, Routes: null, Stop: null })
        {
            const string Empty = "The change is empty: give \"default_version\", \"labels\" or \"routes\".";
            errors.Add(new ErrorDetail("", Empty));
        }

        if (errors.Count == 0 && update is { Stop: not null, Routes: not { Percents.Count: > 0 } })
            errors.Add(new ErrorDetail("/stop", "There are no routes that could stop: give \"routes\", too."));

        return errors.Count == 0 ? update! : throw errors.Exception(json);
    }
}

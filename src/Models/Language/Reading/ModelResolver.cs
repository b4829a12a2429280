using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// Resolves a definition, in the order of the methods here: finds the network, replaces the head, analyses the network,
/// fills in the properties that a derived model inherits, and checks the rules that concern more than one property.
/// </summary>
/// <param name="limits">How large the network may be.</param>
/// <param name="findModel">Finds the model that <c>from</c> names, or throws a <see cref="ServingException"/>.</param>
/// <param name="errors">Receives the errors.</param>
internal sealed partial class ModelResolver(
    ArchitectureLimits limits,
    Func<ModelReference, ResolvedModel>? findModel,
    DefinitionErrors errors
)
{
    /// <summary>Resolves a definition: looks up its base, or the model to derive from.</summary>
    /// <returns>The resolved model; null after an error.</returns>
    public ResolvedModel? Resolve(ModelDefinition definition)
    {
        var source = definition.From is { } from ? FindSource(from) : null;
        CheckOrigin(definition);
        CheckPretrained(definition);
        CheckLabels(definition.Labels, errors);
        if (definition.Precision == Precision.Int8)
        {
            Fail(
                "/precision",
                "A version in 'int8' is made of another one, with images that calibrate it: "
                    + "POST /v1/models/{name}/versions/{version}/quantize."
            );
        }

        return FindArchitecture(definition, source) is { } architecture
            ? Complete(definition, architecture, source)
            : null;
    }

    /// <summary>Resolves a definition whose network is known from before: nothing is looked up.</summary>
    /// <returns>The resolved model; null after an error.</returns>
    public ResolvedModel? Restore(ModelDefinition definition, ArchitectureDefinition architecture) =>
        Complete(definition, architecture, null);

    /// <summary>Checks that each label says something. Models from before may have others.</summary>
    /// <param name="labels">What the property <c>labels</c> holds.</param>
    /// <param name="errors">Receives the errors.</param>
    public static void CheckLabels(IReadOnlyList<string>? labels, DefinitionErrors errors)
    {
        foreach (var (index, label) in (labels ?? []).Index())
        {
            if (string.IsNullOrWhiteSpace(label))
                errors.Add(new ErrorDetail($"/labels/{index}", "The label is empty; give each class a name."));
        }
    }

    private ResolvedModel? FindSource(string from)
    {
        try
        {
            return findModel?.Invoke(ModelReference.Parse(from));
        }
        catch (ServingException exception)
        {
            Fail("/from", exception.Message);
            return null;
        }
    }

    // A network comes from 'base', 'architecture' or 'from'; only 'architecture' and 'from' may stand together.
    private void CheckOrigin(ModelDefinition definition)
    {
        if (definition is { Base: not null, Architecture: not null })
            Fail("/base", "Give either 'base' or 'architecture', not both.");
        if (definition is { Base: not null, From: not null })
            Fail("/from", "Give either 'base' or 'from', not both.");
        if (definition is { Base: not null } or { From: not null, Architecture: null })
            return;

        // When 'from' or 'architecture' was given but couldn't be read, its own errors say so.
        if (definition.Architecture is null && errors.Count > 0)
            return;
        const string Needs = "This property needs 'base' or 'from'. In an architecture of your own, ";
        if (definition.NumClasses is not null)
            Fail("/num_classes", Needs + "the last layer says how many classes there are.");
        if (definition.Head is not null)
            Fail("/head", Needs + "write the head as its last layers.");
        if (definition.Architecture is null && errors.Count == 0)
        {
            Fail(
                "",
                "Give 'base', a predefined architecture's name, or 'architecture', a network of your own, "
                    + "or 'from', a model to derive from."
            );
        }
    }

    private void CheckPretrained(ModelDefinition definition)
    {
        if (!definition.Pretrained)
            return;
        var names = string.Join(", ", PretrainedWeights.All.Select(item => item.Architecture));
        if (definition.Base is null)
        {
            Fail("/pretrained", $"This property needs 'base'. Weights come with {names}.");
        }
        else if (PretrainedWeights.Find(definition.Base) is not { } weights)
        {
            Fail("/pretrained", $"No weights come with '{Suggestions.Shorten(definition.Base)}', only with {names}.");
        }
        else if (!weights.IsThere)
        {
            Fail(
                "/pretrained",
                $"This server was built without the weights of '{definition.Base}' (IncludePretrained=false)."
            );
        }
    }

    private ArchitectureDefinition? FindArchitecture(ModelDefinition definition, ResolvedModel? source) =>
        definition switch
        {
            { Base: { } name } => WithHead(FindPredefined(name), definition),
            { Architecture: { } own } => own,
            _ => WithHead(source?.Architecture, definition),
        };

    private ArchitectureDefinition? FindPredefined(string name)
    {
        if (PredefinedArchitectures.Find(name) is { } predefined)
            return predefined.Definition;
        var names = PredefinedArchitectures.All.Select(item => item.Name).ToList();
        var nearest = Suggestions.Nearest(name, names);
        Fail(
            "/base",
            $"'{Suggestions.Shorten(name)}' is not a predefined architecture"
                + (nearest is null ? ". " : $"; did you mean '{nearest}'? ")
                + $"There are {string.Join(", ", names)}."
        );
        return null;
    }

    // As torchvision's users write model.fc = nn.Linear(..., 7) or model.fc = nn.Sequential(...), the new head keeps
    // the key of the old one.
    private ArchitectureDefinition? WithHead(ArchitectureDefinition? architecture, ModelDefinition definition)
    {
        if (architecture is null || definition is { NumClasses: null, Head: null })
            return architecture;
        if (definition is { NumClasses: not null, Head: not null })
            Fail("/head", "Give either 'num_classes' or 'head', not both.");
        var analysis = ArchitectureAnalyzer.Analyze(architecture, limits, []);
        var node = analysis.Head;
        var head = node?.Definition;
        var replacement = definition.Head is { } layers
            ? new Sequential { Name = head?.Name, Layers = layers }
            : head?.WithOutputs(definition.NumClasses!.Value);
        var pointer = definition.Head is null ? "/num_classes" : "/head";
        if (head is null || replacement is null)
        {
            var end = node is null ? "has no layer with weights" : $"ends with '{node.Key}', a {node.Type}";
            Fail(
                pointer,
                $"The network {end}, so it has no head that can be replaced. "
                    + "Give the whole network as 'architecture'."
            );
            return null;
        }

        replacement = replacement with { Pointer = pointer };
        var before = (int)analysis.Output.ElementCount;
        return architecture with
        {
            Layers =
            [
                .. architecture.Layers.Select(layer =>
                    layer.Rewrite(item =>
                        ReferenceEquals(item, head) ? replacement
                        : item is TrainingOnly branch && definition.NumClasses is { } after
                            ? branch.WithClasses(before, after)
                        : item
                    )
                ),
            ],
        };
    }

    private ResolvedModel? Complete(
        ModelDefinition definition,
        ArchitectureDefinition architecture,
        ResolvedModel? source
    )
    {
        var before = errors.Count;
        var analysis = ArchitectureAnalyzer.Analyze(architecture, limits, errors, Origin(definition));

        // After an unreadable input or layer the shapes are unknown; its own error says why.
        if (errors.Count > before || errors.IsFull || !analysis.Input.IsKnown || !analysis.Output.IsKnown)
            return null;
        var given = definition;
        definition = Inherit(definition, architecture, source, analysis);
        CheckScores(definition, analysis);
        var preprocessing = FindPreprocessing(definition, analysis.Input, PlaceOfPreprocessing(given));
        var model = new ResolvedModel
        {
            Definition = definition,
            Architecture = architecture,
            Analysis = analysis,
            Preprocessing = preprocessing,
        };
        if (analysis.Output.Rank == 1)
            SampleRules.Check(model, errors);
        return errors.Count > 0 ? null : model;
    }

    // The property that determines the network: errors in the network point to it.
    private static string Origin(ModelDefinition definition) =>
        definition switch
        {
            { Architecture: not null } => "/architecture",
            { Head: not null } => "/head",
            { NumClasses: not null } => "/num_classes",
            { Base: not null } => "/base",
            _ => "/from",
        };

    // A model that is derived from this one inherits the filled-in values, too.
    private static ModelDefinition Inherit(
        ModelDefinition definition,
        ArchitectureDefinition architecture,
        ResolvedModel? source,
        ArchitectureAnalysis analysis
    )
    {
        var own = definition.Architecture?.Preprocessing;
        var sameClasses =
            source is not null && analysis.Output.Rank == 1 && analysis.Output.Sizes[0] == source.ClassCount;
        var labels =
            definition.Labels
            ?? (sameClasses ? source!.Definition.Labels : null)
            ?? (definition is { Base: not null, NumClasses: null, Head: null } ? ImageNetClasses.All : null);
        return definition with
        {
            Labels = labels,
            Preprocessing =
                definition.Preprocessing
                ?? (
                    TakesPhotos(analysis.Input)
                        ? own ?? source?.Definition.PreprocessingOrDefault ?? architecture.Preprocessing
                        : null
                ),
            Device = definition.Device ?? source?.Definition.Device ?? "auto",
            Samples = definition.Samples is { } samples ? [.. samples.Select(sample => sample.For(labels))] : null,
        };
    }

    private void CheckScores(ModelDefinition definition, ArchitectureAnalysis analysis)
    {
        if (analysis.Output.Rank != 1)
        {
            Fail(
                definition.Architecture is null ? "/head" : "/architecture/layers",
                $"The network ends with {analysis.Output}, but a classifier ends with one score per class: "
                    + "end with 'flatten' and 'linear'."
            );
        }
        else if (definition.Labels is { } labels && labels.Count != analysis.Output.Sizes[0])
        {
            Fail(
                "/labels",
                $"There are {labels.Count} labels for {analysis.Output.Sizes[0]} classes; give one label per class."
            );
        }
    }

    private void Fail(string pointer, string detail) => errors.Add(new ErrorDetail(pointer, detail));
}

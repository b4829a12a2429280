using System.Text.Json;
using ModelService.Imaging;
using ModelService.Models.Analysis;
using ModelService.Models.Errors;
using ModelService.Models.Layers;
using ModelService.Models.Predefined;

namespace ModelService.Models.Definitions;

/// <summary>Everything that is decided of a model before anything is built: its definition with the base looked up and all checked.</summary>
public sealed class ModelBlueprint
{
    /// <summary>What the client asked for.</summary>
    public required ModelDefinition Definition { get; init; }

    /// <summary>The network, its head replaced if that was asked for.</summary>
    public required ArchitectureDefinition Architecture { get; init; }

    /// <summary>The network's shapes and costs.</summary>
    public required ArchitectureAnalysis Analysis { get; init; }

    /// <summary>How photos become the input; null for a network whose input is no picture of 1 or 3 channels.</summary>
    public required PreprocessingDefinition? Preprocessing { get; init; }

    /// <summary>Classes the model tells apart.</summary>
    public int ClassCount => (int)Analysis.Output.Sizes[0];

    /// <summary>Reads a definition and checks all of it.</summary>
    /// <param name="json">What the client sent.</param>
    /// <param name="limits">How large a network may be.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/> with every error and its place.</exception>
    public static ModelBlueprint Read(JsonElement json, ArchitectureLimits limits)
    {
        var errors = new List<ErrorDetail>();
        var definition = new StrictReader(errors).Read<ModelDefinition>(json, "");
        var blueprint = definition is null ? null : new BlueprintReader(limits, errors).Resolve(definition);
        return errors.Count == 0 ? blueprint! : throw DefinitionErrors.Exception(errors, json);
    }
}

/// <summary>Looks up the base, puts in the head, and checks what depends on more than one property.</summary>
internal sealed class BlueprintReader(ArchitectureLimits limits, List<ErrorDetail> errors)
{
    public ModelBlueprint? Resolve(ModelDefinition definition)
    {
        var architecture = FindArchitecture(definition);
        if (architecture is null) return null;

        var before = errors.Count;
        var analysis = ArchitectureAnalyzer.Analyze(architecture, limits, errors, definition.Architecture is null ? "" : "/architecture");
        if (errors.Count > before) return null;
        CheckScores(definition, analysis);
        var preprocessing = FindPreprocessing(definition, analysis.Input);
        return errors.Count > 0
            ? null
            : new ModelBlueprint { Definition = definition, Architecture = architecture, Analysis = analysis, Preprocessing = preprocessing };
    }

    private void Fail(string pointer, string detail) => errors.Add(new ErrorDetail(pointer, detail));

    private ArchitectureDefinition? FindArchitecture(ModelDefinition definition)
    {
        if (definition.Base is null)
        {
            if (definition.NumClasses is not null) Fail("/num_classes", "It goes with 'base'. In an architecture of your own, the last layer says how many classes there are.");
            if (definition.Head is not null) Fail("/head", "It goes with 'base'. In an architecture of your own, write the head as its last layers.");

            // When 'architecture' was given but couldn't be read, its own errors say so.
            if (definition.Architecture is null && errors.Count == 0) Fail("", "Give 'base', a predefined architecture's name, or 'architecture', a network of your own.");
            return definition.Architecture;
        }

        if (definition.Architecture is not null) Fail("/base", "Give either 'base' or 'architecture', not both.");
        if (definition is { NumClasses: not null, Head: not null }) Fail("/head", "Give either 'num_classes' or 'head', not both.");
        if (PredefinedArchitectures.Find(definition.Base) is { } predefined) return WithHead(predefined.Definition, definition);
        var names = PredefinedArchitectures.All.Select(item => item.Name).ToList();
        var nearest = Spelling.Nearest(definition.Base, names);
        Fail("/base", $"'{Spelling.Shorten(definition.Base)}' is no predefined architecture" + (nearest is null ? ". " : $"; did you mean '{nearest}'? ") + $"There are {string.Join(", ", names)}.");
        return null;
    }

    // torchvision's users write model.fc = nn.Linear(..., 7) or model.fc = nn.Sequential(...): the new head has the old one's key.
    private ArchitectureDefinition WithHead(ArchitectureDefinition architecture, ModelDefinition definition)
    {
        if (definition.NumClasses is null && definition.Head is null) return architecture;
        var head = ArchitectureAnalyzer.Analyze(architecture, limits, []).Head!.Definition;
        var replacement = definition.Head is { } layers
            ? new Sequential { Name = head.Name, Layers = layers, Pointer = "/head" }
            : head.WithOutputs(definition.NumClasses!.Value)! with { Pointer = "/num_classes" };
        return architecture with
        {
            Layers = [.. architecture.Layers.Select(layer => layer.Rewrite(item => ReferenceEquals(item, head) ? replacement : item))],
        };
    }

    private void CheckScores(ModelDefinition definition, ArchitectureAnalysis analysis)
    {
        if (analysis.Output.Rank != 1)
            Fail(definition.Base is null ? "/architecture/layers" : "/head", $"The network ends with {analysis.Output}, but a classifier ends with one score per class: end with 'flatten' and 'linear'.");
        else if (definition.Labels is { } labels && labels.Count != analysis.Output.Sizes[0])
            Fail("/labels", $"There are {labels.Count} labels for {analysis.Output.Sizes[0]} classes; give one for each.");
    }

    private PreprocessingDefinition? FindPreprocessing(ModelDefinition definition, Shape input)
    {
        var isPicture = input.Rank == 3 && input.Sizes[0] is 1 or 3;
        if (!isPicture)
        {
            if (definition.Preprocessing is not null) Fail("/preprocessing", $"The input {input} is no picture of 1 or 3 channels, so no photo can become it. Send tensors, and leave this out.");
            return null;
        }

        var choice = definition.Preprocessing ?? new PreprocessingChoice(definition.Base is null ? PreprocessingPreset.Unit : PreprocessingPreset.Imagenet, null);
        var (channels, height, width) = ((int)input.Sizes[0], (int)input.Sizes[1], (int)input.Sizes[2]);
        var preprocessing = choice.Definition ?? choice.Preset switch
        {
            PreprocessingPreset.Unit => PreprocessingDefinition.Unit(channels, height, width),
            PreprocessingPreset.Raw => PreprocessingDefinition.Raw(channels, height, width),
            _ => PreprocessingDefinition.ImageNet,
        };
        if (preprocessing.OutputSize is not { } size)
            Fail("/preprocessing", $"What it makes of a photo depends on the photo's shape, but the network takes {input}: add a 'center_crop', or resize to a 'height' and 'width'.");
        else if (preprocessing.ChannelCount != channels || size.Height != height || size.Width != width)
            Fail("/preprocessing", $"It makes [{preprocessing.ChannelCount}, {size.Height}, {size.Width}] of a photo, but the network takes {input}.");
        return preprocessing;
    }
}

using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>
/// Visits each layer of an architecture once, and finds keys, shapes, costs and errors. Makes no tensors.
/// </summary>
internal sealed class ArchitectureAnalyzer
{
    private readonly ArchitectureLimits limits;
    private readonly Dictionary<Shape, ReceptiveField> fields = new(ReferenceEqualityComparer.Instance);
    private Shape networkInput = Shape.Unknown;
    private int layers;

    private ArchitectureAnalyzer(ArchitectureLimits limits, DefinitionErrors errors) =>
        (this.limits, Errors) = (limits, errors);

    /// <summary>The errors found so far.</summary>
    public DefinitionErrors Errors { get; }

    /// <summary>Whether the number of layers is still within the limit.</summary>
    public bool MayGoOn => layers <= limits.MaxLayers;

    /// <summary>Analyses an architecture.</summary>
    /// <param name="architecture">The network, as far as it could be read.</param>
    /// <param name="limits">How large the network may be.</param>
    /// <param name="errors">Receives the errors.</param>
    /// <param name="pointer">JSON Pointer to the architecture in the client's document.</param>
    public static ArchitectureAnalysis Analyze(
        ArchitectureDefinition architecture,
        ArchitectureLimits limits,
        DefinitionErrors errors,
        string pointer = ""
    )
    {
        var analyzer = new ArchitectureAnalyzer(limits, errors);
        var input = analyzer.ReadInput(architecture.Input, JsonPointer.Append(pointer, "input"));
        analyzer.BeginFields(input);
        var top = new LayerNode
        {
            Definition = new Sequential { Layers = architecture.Layers, Pointer = pointer },
            Key = "",
            Input = input,
        };
        top.Output = new LayerVisit(analyzer, top, new KeyScope(""), depth: 0).Chain(
            architecture.Layers,
            input,
            new KeyScope("")
        );
        for (
            var last = top;
            last.Children.Count > 0 && last.Definition.BranchesOf(last).Count == 0;
            last.EndsNetwork = true
        )
        {
            last =
                last.Children.LastOrDefault(child => child.Definition is not (Identity or AnyDropout))
                ?? last.Children[^1];
        }

        var analysis = new ArchitectureAnalysis
        {
            Input = input,
            Output = top.Output,
            Layers = top.Children,
            Head = analyzer.FindHead(architecture, top, pointer),
        };
        analyzer.CheckTotals(analysis, JsonPointer.Append(pointer, "layers"));
        return analysis;
    }

    /// <summary>Analyses one layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="key">Its key; null: its name, else its position.</param>
    /// <param name="input">The shape of its input.</param>
    /// <param name="keys">The keys of its parent.</param>
    /// <param name="depth">How deep it is nested: 1 at the top level.</param>
    public LayerNode Visit(LayerDefinition layer, string? key, Shape input, KeyScope keys, int depth)
    {
        key = layer.IsKeyed ? key ?? keys.Next(layer.Name) : null;
        var node = new LayerNode
        {
            Definition = layer,
            Key = keys.Full(key ?? "").TrimEnd('.'),
            Input = input,
        };
        if (++layers > limits.MaxLayers)
        {
            if (layers == limits.MaxLayers + 1)
            {
                Fail(
                    layer.Pointer,
                    $"The network exceeds the limit of {limits.MaxLayers} layers here. Each copy of a repeat counts."
                );
            }

            return node;
        }

        if (depth > limits.MaxNesting)
        {
            Fail(layer.Pointer, $"Blocks are nested more than {limits.MaxNesting} deep.");
            return node;
        }

        foreach (var problem in layer.IsKeyed ? keys.Take(key!) : [])
            Fail(JsonPointer.Append(layer.Pointer, "name"), problem);

        try
        {
            node.Output = layer.Infer(input, new LayerVisit(this, node, keys, depth));
            CheckActivation(node);
            FindField(node);
        }
        catch (OverflowException)
        {
            // The layer counts as having no tensors and no costs, so that the network's totals can be summed.
            (node.Output, node.Parameters, node.Macs) = (Shape.Unknown, 0, 0);
            node.OwnTensors.Clear();
            Fail(layer.Pointer, $"{node.Type}: The sizes are too large: their product does not fit in 64 bits.");
        }

        return node;
    }

    /// <summary>Remembers that a shape is a part of a value, which has the same receptive field.</summary>
    public void IsPartOf(Shape part, Shape value)
    {
        if (fields.TryGetValue(value, out var field))
            fields[part] = field;
    }

    private void BeginFields(Shape input)
    {
        networkInput = input;
        if (input.HasRank)
            fields[input] = ReceptiveField.Point(input.Rank - 1);
    }

    // Receptive fields are kept by Shape object: each layer either passes on the Shape object of its input or makes a
    // new one, so the object identifies a value in the network.
    private void FindField(LayerNode node)
    {
        if (!networkInput.IsKnown || !node.Output.HasRank)
            return;
        if (node.Children.Count > 0)
        {
            node.Field = node
                .Children.Select(child => child.Field)
                .OfType<ReceptiveField>()
                .Aggregate(
                    (ReceptiveField?)null,
                    (largest, next) => largest is null ? next : ReceptiveField.Larger(largest, next)
                );
        }
        else if (node.SeesWholeInput)
        {
            node.Field = ReceptiveField.Whole(networkInput);
        }
        else
        {
            node.Field = fields.GetValueOrDefault(node.Input)?.Through(node.Windows);
        }

        if (node.Field is not null && !ReferenceEquals(node.Output, node.Input))
            fields[node.Output] = node.Field;
    }

    private void Fail(string pointer, string detail) => Errors.Add(new ErrorDetail(pointer, detail));

    private Shape ReadInput(InputDefinition input, string pointer)
    {
        int?[] picture = [input.Channels, input.Height, input.Width];
        if (input.Shape is not null)
        {
            if (picture.Any(size => size is not null))
                Fail(pointer, "Give either 'shape' or 'channels', 'height' and 'width', not both.");
            return Limited([.. input.Shape.Select(size => (long)size)], pointer);
        }

        if (picture.All(size => size is not null))
            return Limited([.. picture.Select(size => (long)size!)], pointer);
        if (!Errors.AnyAt(pointer))
            Fail(pointer, "Give 'channels', 'height' and 'width' (for a picture), or 'shape'.");
        return picture.All(size => size is null)
            ? Shape.Unknown
            : new Shape([.. picture.Select(size => size ?? Shape.UnknownSize)]);
    }

    private Shape Limited(long[] sizes, string pointer)
    {
        var product = sizes.Aggregate((Int128)sizeof(float), (bytes, size) => bytes * size);
        if (product <= limits.MaxActivationBytes)
            return new Shape(sizes);
        Fail(
            pointer,
            $"The input {new Shape(sizes)} has {product} bytes; at most {limits.MaxActivationBytes} are allowed."
        );
        return new Shape([.. sizes.Select(_ => Shape.UnknownSize)]);
    }

    private void CheckActivation(LayerNode node)
    {
        // A block's output is that of one of its layers, which was checked; only a concat joins several outputs.
        if (!node.Output.IsKnown || node.Children.Any(child => child.Output.ElementCount == node.Output.ElementCount))
            return;
        CheckBytes(node, "output", node.Output);
        if (node.Definition.Scratch(node.Input) is { Shape.IsKnown: true } scratch)
            node.ScratchBytes = CheckBytes(node, scratch.Name, scratch.Shape);
    }

    private long CheckBytes(LayerNode node, string name, Shape shape)
    {
        var bytes = shape.ElementCount * sizeof(float);
        if (bytes > limits.MaxActivationBytes)
        {
            Fail(
                node.Pointer,
                $"{node.Type}: The {name} {shape} has {bytes} bytes for one picture; "
                    + $"at most {limits.MaxActivationBytes} are allowed."
            );
        }

        return bytes;
    }

    private void CheckTotals(ArchitectureAnalysis analysis, string pointer)
    {
        var parameters = analysis.AllLayers.Aggregate((Int128)0, (sum, node) => sum + node.Parameters);
        var numbers = analysis.AllLayers.Aggregate(
            (Int128)0,
            (sum, node) =>
                node.Tensors.Aggregate(
                    sum + node.FixedNumbers,
                    (total, tensor) => total + Math.Max(0, Shape.Product(tensor.Shape))
                )
        );
        var macs = analysis.AllLayers.Aggregate((Int128)0, (sum, node) => sum + node.Macs);
        if (numbers > limits.MaxParameters)
        {
            Fail(
                pointer,
                $"The network's tensors have {numbers} numbers, {parameters} of them trainable parameters; "
                    + $"at most {limits.MaxParameters} are allowed."
            );
        }

        if (macs > limits.MaxMacs)
        {
            Fail(
                pointer,
                $"The network needs {macs} multiply-accumulates for one input; at most {limits.MaxMacs} are allowed."
            );
        }
    }

    private LayerNode? FindHead(ArchitectureDefinition architecture, LayerNode top, string pointer)
    {
        var weighted = top.Flatten().Skip(1).Where(node => node.Tensors.Count > 0).ToList();
        if (architecture.HeadLayer is null)
            return weighted.LastOrDefault();

        // 'head_layer' may name a block, for example after several layers have replaced the head.
        var head = weighted.FindLast(node =>
            node.Key == architecture.HeadLayer
            || node.Key.StartsWith(architecture.HeadLayer + ".", StringComparison.Ordinal)
        );

        // An unreadable layer may be the head; it has an error of its own.
        if (head is null && !top.Flatten().Any(node => node.Definition is UnreadableLayer))
        {
            var nearest = Suggestions.Nearest(architecture.HeadLayer, weighted.Select(node => node.Key));
            Fail(
                JsonPointer.Append(pointer, "head_layer"),
                $"'{Suggestions.Shorten(architecture.HeadLayer)}' is not the key of a layer with weights."
                    + (nearest is null ? "" : $" Did you mean '{nearest}'?")
            );
        }

        return head;
    }
}

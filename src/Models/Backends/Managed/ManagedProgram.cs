using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Managed;

/// <summary>The steps of a plan, and the memory in which they compute one input. It owns the steps.</summary>
internal sealed class ManagedProgram : IDisposable
{
    // Of a value: 16 MiB. Larger ones are better computed by all cores at once than kept in a cache.
    private const long MostNumbers = 1 << 22;

    private readonly List<Step> steps = [];
    private readonly Dictionary<Value, Place> places = [];
    private readonly PlaceAllocator allocator = new();
    private Value? readWithZeros; // the input, if it is read so

    /// <summary>Prepares the steps and packs the weights.</summary>
    /// <param name="plan">A plan that <see cref="Supports"/> accepts.</param>
    /// <param name="weights">Its tensors; borrowed until this returns.</param>
    public ManagedProgram(Plan plan, FoldedWeights weights)
    {
        try
        {
            var left = plan
                .Operators.SelectMany(item => item.Inputs)
                .Append(plan.Output)
                .CountBy(value => value)
                .ToDictionary();
            Begin(plan);
            foreach (var item in plan.Operators)
            {
                Add(item, weights);
                foreach (var input in item.Inputs)
                {
                    if (--left[input] == 0 && places.TryGetValue(input, out var place))
                        allocator.Free(place);
                }
            }

            steps.Add(new ToPlanesStep(places[plan.Output], to: null));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The steps in their order.</summary>
    public IReadOnlyList<Step> Steps => steps;

    /// <summary>Numbers of all values that are needed at once.</summary>
    public long Length => allocator.Length;

    /// <summary>The work of all steps, see <see cref="Step.Work"/>.</summary>
    public long Work => steps.Sum(step => step.Work);

    /// <summary>Whether the steps of all operators are known.</summary>
    /// <param name="plan">The plan, with norms folded in, and activations and sums fused.</param>
    public static bool Supports(Plan plan) =>
        plan.Operators.Count > 0 && IsValue(plan.Input) && plan.Operators.All(IsSupported);

    /// <inheritdoc/>
    public void Dispose() => steps.ForEach(step => step.Dispose());

    private static bool IsSupported(Operator item) =>
        item.Inputs.All(IsValue)
        && IsValue(item.Output)
        && item switch
        {
            ConvolutionOperator convolution => (convolution.Groups == 1 || IsDepthwise(convolution))
                && IsPadded(convolution)
                && VectorActivation.Find(convolution.Activation) is not null,
            LinearOperator linear => linear.Input.Shape.Rank == 1
                && VectorActivation.Find(linear.Activation) is not null,
            ActivationOperator activation => VectorActivation.Find(activation.Function) is not null,
            AddOperator => true,
            MultiplyOperator => ScaledFirst(item) is not null,
            MaxPoolOperator { Geometry: var window } => !window.CeilMode,
            AdaptivePoolOperator { IsMax: false, OutputSize: [1, 1] } => true,
            ReshapeOperator { Shape.Rank: 1 } => true,
            _ => false,
        };

    private static bool IsValue(Value value) =>
        value.Shape is { Rank: 1 or 3, ElementCount: <= MostNumbers } && Numbers(value.Shape) <= MostNumbers;

    // With the zeros around it, if a convolution needs them.
    private static bool IsPadded(ConvolutionOperator item) =>
        item.Padding.All(zeros => zeros <= MostNumbers)
        && Numbers(
            new Shape([
                item.Input.Shape.Sizes[0],
                .. item.Padding.Select((zeros, i) => item.Input.Shape.Sizes[i + 1] + (2 * zeros)),
            ])
        ) <= MostNumbers;

    // Channels are padded to whole vectors.
    private static double Numbers(Shape shape) =>
        shape
            .Sizes.Skip(1)
            .Aggregate(NhwcLayout.RoundUp((int)shape.Sizes[0]), (double numbers, long size) => numbers * size);

    private static bool IsDepthwise(ConvolutionOperator item) =>
        item.Groups == item.Channels && item.Groups == item.Input.Shape.Sizes[0] && !item.HasAddend;

    // The factors of a product: first the picture, and then one of its shape, or a pixel. Null: neither.
    private static (Value Picture, Value Factors)? ScaledFirst(Operator item)
    {
        var (left, right) = (item.Inputs[0], item.Inputs[1]);
        return Scales(left, right) ? (left, right)
            : Scales(right, left) ? (right, left)
            : null;

        static bool Scales(Value picture, Value factors) =>
            factors.Shape.Sizes.SequenceEqual(picture.Shape.Sizes)
            || (
                picture.Shape.Rank == 3
                && factors.Shape.Sizes is [var channels, 1, 1]
                && channels == picture.Shape.Sizes[0]
            );
    }

    // If only one convolution reads the input, it is read as that needs it: with zeros around it, and no padding of
    // channels, so that a row of the window is one run of numbers.
    private void Begin(Plan plan)
    {
        var layout = NhwcLayout.From(plan.Input.Shape);
        var readers = plan.Operators.Where(item => item.Inputs.Contains(plan.Input)).ToList();
        var (top, left) = (0, 0);
        if (readers is [ConvolutionOperator { Groups: 1, HasAddend: false } first] && plan.Input != plan.Output)
        {
            (top, left) = ((int)first.Padding[0], (int)first.Padding[1]);
            readWithZeros = plan.Input;
            layout = new NhwcLayout(
                layout.Channels,
                layout.Height + (2 * top),
                layout.Width + (2 * left),
                layout.Channels
            );
        }

        places[plan.Input] = allocator.Take(layout);
        steps.Add(new FromPlanesStep(places[plan.Input], top, left));
    }

    private void Add(Operator item, FoldedWeights weights)
    {
        using var ofStep = NewDisposeScope(); // what is folded for it
        switch (item)
        {
            case ConvolutionOperator { Groups: > 1 } convolution:
                steps.Add(
                    new DepthwiseStep(convolution, places[item.Input], Take(item), Activation(convolution), weights)
                );
                break;
            case WeightedOperator weighted:
                var from = item is ConvolutionOperator padded ? Padded(padded) : places[item.Input];
                var addend = weighted.HasAddend ? places[item.Inputs[1]] : (Place?)null;
                steps.Add(new ConvolutionStep(weighted, from, addend, Take(item), Activation(weighted), weights));
                if (from != places[item.Input])
                    allocator.Free(from);
                break;
            case ActivationOperator activation:
                var function = VectorActivation.Find(activation.Function)!;
                steps.Add(new ActivationStep(places[item.Input], Take(item), function));
                break;
            case AddOperator:
                steps.Add(new AddStep(places[item.Inputs[0]], places[item.Inputs[1]], Take(item)));
                break;
            case MultiplyOperator:
                var (picture, factors) = ScaledFirst(item)!.Value;
                steps.Add(new MultiplyStep(places[picture], places[factors], Take(item)));
                break;
            case MaxPoolOperator { Geometry: var window }:
                var sliding = new Sliding(window.Kernel, window.Stride, window.Padding, window.Dilation);
                steps.Add(new MaxPoolStep(places[item.Input], Take(item), sliding));
                break;
            case AdaptivePoolOperator:
                steps.Add(new MeanStep(places[item.Input], Take(item)));
                break;
            case ReshapeOperator:
                steps.Add(new ToPlanesStep(places[item.Input], Take(item)));
                break;
            default:
                throw new InvalidOperationException($"There is no step for {item.GetType().Name}.");
        }
    }

    private static VectorActivation Activation(WeightedOperator item) => VectorActivation.Find(item.Activation)!;

    private Place Take(Operator item) => places[item.Output] = allocator.Take(NhwcLayout.From(item.Output.Shape));

    // The input of a convolution with the zeros around it.
    private Place Padded(ConvolutionOperator item)
    {
        var from = places[item.Input];
        var (top, left) = ((int)item.Padding[0], (int)item.Padding[1]);
        if ((top == 0 && left == 0) || item.Input == readWithZeros)
            return from;
        var layout = from.Layout with
        {
            Height = from.Layout.Height + (2 * top),
            Width = from.Layout.Width + (2 * left),
        };
        var to = allocator.Take(layout);
        steps.Add(new PadStep(from, to, top, left));
        return to;
    }
}

using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelService.Models.Backends.Eager;

/// <summary>Each operator by libtorch's own function.</summary>
/// <param name="parameters">The network's tensors; borrowed.</param>
internal sealed class EagerOperators(ParameterStore parameters) : IDisposable
{
    // oneDNN lays channels out in blocks of 8 or 16.
    private const long Block = 16;

    private readonly Dictionary<FixedWeights, Tensor> filters = new(ReferenceEqualityComparer.Instance);

    /// <summary>Computes an operator.</summary>
    /// <param name="item">The operator.</param>
    /// <param name="inputs">Its inputs, <c>[N, ...]</c>; borrowed.</param>
    /// <param name="mode">Inference or training.</param>
    /// <returns>
    /// A tensor of its own, also where it shares memory with an input; the current dispose scope owns it.
    /// </returns>
    public Tensor Compute(Operator item, IReadOnlyList<Tensor> inputs, EagerMode mode)
    {
        using var scope = NewDisposeScope();
        var x = inputs[0];
        var result = item switch
        {
            ConvolutionOperator convolution => Convolve(convolution, x),
            LinearOperator { Weights: NamedWeights weights } => functional.linear(
                x,
                parameters[weights.Name],
                BiasOf(weights)
            ),
            BatchNormOperator { Norm: var norm } => Normalize(norm, x, mode),
            GroupNormOperator norm => functional.group_norm(
                x,
                norm.Groups,
                Optional(norm.Weight),
                Optional(norm.Bias),
                norm.Eps
            ),
            LayerNormOperator norm => functional.layer_norm(
                x,
                norm.Sizes,
                Optional(norm.Weight),
                Optional(norm.Bias),
                norm.Eps
            ),
            // TorchSharp views its input as another shape, which a permuted one can't be.
            LocalResponseNormOperator norm => functional.local_response_norm(
                x.contiguous(),
                norm.Size,
                norm.Alpha,
                norm.Beta,
                norm.K
            ),
            ActivationOperator { Function: var function } => Activate(function, x),
            MaxPoolOperator { Geometry: var pool } => EagerPools.MaxPool(pool, x),
            AvgPoolOperator pool => EagerPools.AvgPool(pool, x),
            AdaptivePoolOperator pool => EagerPools.AdaptivePool(pool, x),
            UpsampleOperator upsample => EagerPools.Upsample(upsample, x),
            AddOperator => TensorMath.Sum(inputs[0], inputs[1]),
            MultiplyOperator => inputs[0] * inputs[1],
            ParameterOperator parameter => Combine(parameter, x),
            AttentionOperator attention => EagerAttention.Compute(attention, x, name => parameters[name]),
            RollOperator roll => x.roll(roll.Distances, roll.Dimensions),
            ConcatOperator => cat([.. inputs], 1),
            ReshapeOperator reshape => x.reshape([x.shape[0], .. reshape.Shape.Sizes]),
            PermuteOperator permute => x.permute(permute.Dimensions),
            SliceOperator slice => x.narrow(slice.Dimension, slice.Start, slice.Length),
            PadOperator pad => functional.pad(x, pad.FromLast, Mode(pad.Mode)),
            PreluOperator prelu => x.prelu(parameters[prelu.Weight]),
            SoftmaxOperator { IsLogarithm: true } softmax => functional.log_softmax(x, softmax.Dimension),
            SoftmaxOperator softmax => functional.softmax(x, softmax.Dimension),
            DropoutOperator { WholeInputs: true } dropout when mode != EagerMode.Inference => x
                * functional.dropout(
                    ones([x.shape[0], .. Enumerable.Repeat(1L, x.shape.Length - 1)], x.dtype, x.device),
                    dropout.P,
                    training: true
                ),
            DropoutOperator { IsAlpha: true } dropout when mode != EagerMode.Inference => functional.alpha_dropout(
                x,
                dropout.P,
                training: true
            ),
            DropoutOperator dropout when mode != EagerMode.Inference => dropout.WholeChannels
                ? functional.dropout2d(x, dropout.P, training: true)
                : functional.dropout(x, dropout.P, training: true),
            DropoutOperator => x,
            _ => throw new InvalidOperationException($"{item.GetType().Name} can't be computed."),
        };
        return (ReferenceEquals(result, x) ? x.alias() : result).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var filter in filters.Values)
            filter.Dispose();
        filters.Clear();
    }

    private Tensor? Optional(string? name) => name is null ? null : parameters[name];

    private Tensor? BiasOf(NamedWeights weights)
    {
        if (weights.Bias is null || weights.UnbiasedRows is not { } rows)
            return Optional(weights.Bias);
        var bias = parameters[weights.Bias];
        var end = rows.Start + rows.Length;
        return cat(
            [
                bias.narrow(0, 0, rows.Start),
                zeros(rows.Length, bias.dtype, bias.device),
                bias.narrow(0, end, bias.shape[0] - end),
            ],
            0
        );
    }

    private Tensor Combine(ParameterOperator item, Tensor x)
    {
        var parameter = parameters[item.Name];
        return item.Use switch
        {
            ParameterUse.Multiply => x * parameter,
            ParameterUse.Add => TensorMath.Sum(x, parameter),
            _ => cat([parameter.expand(x.shape[0], -1, -1), x], 1),
        };
    }

    private Tensor Convolve(ConvolutionOperator item, Tensor x)
    {
        var weight = item.Weights switch
        {
            NamedWeights named => parameters[named.Name],
            FixedWeights filter => Filter(filter, x),
            _ => throw new InvalidOperationException($"{item.Weights.GetType().Name} has no tensor."),
        };
        var bias = Optional(item.Weights.Bias);

        // libtorch 2.10's oneDNN (3.7.1) can leave the rest of a channel block unwritten when it lays out the input and
        // the weights, and then multiplies the garbage: wrong scores or NaN for 17, 20, 24, 40 ... channels in, found
        // on a virtual machine that hides its caches. Full blocks, filled up with zeros here, leave no rest.
        // docs/decisions/0005 has the measurements.
        var channels = x.shape[1];
        if (item.Groups == 1 && channels > Block / 2 && channels % Block != 0 && x.device_type == DeviceType.CPU)
        {
            long[] zeros = [.. new long[2 * item.Kernel.Length], 0, Block - (channels % Block)];
            (x, weight) = (functional.pad(x, zeros), functional.pad(weight, zeros));
        }

        return item.Kernel.Length switch
        {
            1 => functional.conv1d(x, weight, bias, item.Stride[0], item.Padding[0], item.Dilation[0], item.Groups),
            2 => functional.conv2d(x, weight, bias, item.Stride, item.Padding, item.Dilation, item.Groups),
            _ => functional.conv3d(x, weight, bias, item.Stride, item.Padding, item.Dilation, item.Groups),
        };
    }

    // Not in the state dict; made when it is first needed, on the device that computes.
    private Tensor Filter(FixedWeights filter, Tensor x)
    {
        lock (filters)
        {
            if (!filters.TryGetValue(filter, out var kernel))
            {
                // A tensor made in inference mode could not take part in a gradient later.
                using var usual = inference_mode(false);
                kernel = tensor(filter.Kernel.Select(value => (float)value).ToArray(), [1, 1, 3, 3])
                    .repeat(filter.Channels, 1, 1, 1)
                    .to(x.dtype, x.device)
                    .DetachFromDisposeScope();
                filters.Add(filter, kernel);
            }

            return kernel;
        }
    }

    private Tensor Normalize(Norm norm, Tensor x, EagerMode mode)
    {
        var isTraining = mode == EagerMode.Training;
        if (isTraining)
        {
            using var untracked = no_grad();
            TensorMath.Increment(parameters[$"{norm.Key}.num_batches_tracked"]);
        }

        return functional.batch_norm(
            x,
            parameters[$"{norm.Key}.running_mean"],
            parameters[$"{norm.Key}.running_var"],
            norm.Affine ? parameters[$"{norm.Key}.weight"] : null,
            norm.Affine ? parameters[$"{norm.Key}.bias"] : null,
            isTraining,
            norm.Momentum,
            norm.Eps
        );
    }

    private static Tensor Activate(ActivationFunction function, Tensor x) =>
        function.Kind switch
        {
            ActivationKind.Relu => functional.relu(x),
            ActivationKind.Relu6 => functional.relu6(x),
            ActivationKind.LeakyRelu => TensorMath.LeakyRelu(x, function.Numbers[0]),
            ActivationKind.Elu => TensorMath.Elu(x, function.Numbers[0]),
            ActivationKind.Gelu => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.none),
            ActivationKind.GeluTanh => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
            ActivationKind.Silu => functional.silu(x),
            ActivationKind.Hardswish => functional.hardswish(x),
            ActivationKind.Hardsigmoid => functional.hardsigmoid(x),
            ActivationKind.Hardtanh => TensorMath.Clamp(x, function.Numbers[0], function.Numbers[1]),
            ActivationKind.Mish => x * functional.tanh(TensorMath.Softplus(x, 1, 20)),
            ActivationKind.Selu => functional.selu(x),
            ActivationKind.Celu => TensorMath.Celu(x, function.Numbers[0]),
            ActivationKind.Softplus => TensorMath.Softplus(x, function.Numbers[0], function.Numbers[1]),
            ActivationKind.Sigmoid => functional.sigmoid(x),
            ActivationKind.Tanh => functional.tanh(x),
            _ => throw new InvalidOperationException($"{function.Kind} can't be computed."),
        };

    private static PaddingModes Mode(PaddingMode mode) =>
        mode switch
        {
            PaddingMode.Reflect => PaddingModes.Reflect,
            PaddingMode.Replicate => PaddingModes.Replicate,
            PaddingMode.Circular => PaddingModes.Circular,
            _ => PaddingModes.Constant,
        };
}

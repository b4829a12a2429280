using System.Security.Cryptography;
using System.Text;
using ModelService.Models.Backends.Native;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// Computes a plan as one TorchScript program with packed weights: one native call per batch. It owns its packed
/// weights.
/// </summary>
internal sealed class TorchScriptExecutor : IExecutor
{
    // Below this, handing parts to threads costs more than it saves.
    private const long LeastMacsOfPart = 5_000_000;

    private readonly string key;
    private readonly jit.ScriptModule<Tensor, Tensor> program;
    private readonly IReadOnlyCollection<string> attributes;
    private readonly bool isOnCpu;
    private readonly int operators;
    private readonly long macs;
    private readonly long[] outputSizes;
    private bool isDisposed;

    /// <summary>Builds the plan's program and packs its weights.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="parameters">The network's tensors; borrowed until this returns.</param>
    /// <param name="precision">The number format that it computes in.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="quantization">The layers that compute with 8-bit integers; null: none.</param>
    public TorchScriptExecutor(
        Plan plan,
        ParameterStore parameters,
        Precision precision,
        Device device,
        Quantization? quantization = null
    )
    {
        isOnCpu = device.type == DeviceType.CPU;
        operators = plan.Operators.Count;
        macs = plan.Operators.Sum(item =>
            item switch
            {
                WeightedOperator weighted => weighted.Macs,
                AttentionOperator attention => attention.Macs,
                _ => 0,
            }
        );
        outputSizes = [.. plan.Output.Shape.Sizes];
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var folded = new FoldedWeights(parameters.StateDict, Precisions.ScalarType(precision), quantization);
        var text = CodeWriter.Write(plan, precision);
        attributes = [.. text.Tensors.Keys];
        key = $"{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.Code)))} {device}";
        program = ProgramCache.Shared.Take(key) ?? jit.load<Tensor, Tensor>(PlanArchive.Write(text), device);
        try
        {
            foreach (var (name, tensor) in text.Tensors)
            {
                // Each tensor's intermediate results make room for those of the next one: new memory takes longer to
                // get than the arithmetic.
                using var ofTensor = NewDisposeScope();
                if (tensor is not null)
                    program.set_attribute(name, folded.Get(tensor).to(device));
            }

            program.invoke("prepare");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, IntraBatchPool? pool = null)
    {
        if (pool is null || !isOnCpu || !IsDivided(input.shape[0], pool.Count, macs))
            return program.call(input);
        using var scope = NewDisposeScope();
        var result = empty([input.shape[0], .. outputSizes]);
        var (from, to) = (input.chunk(pool.Count), result.chunk(pool.Count));
        pool.Run(number =>
        {
            using var ofPart = NewDisposeScope();
            using var inference = inference_mode();
            to[number].copy_(program.call(from[number]));
        });
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Whether a batch is computed in parts side by side.</summary>
    /// <param name="count">Inputs of the batch.</param>
    /// <param name="parts">Threads, with one part each.</param>
    /// <param name="macs">Multiply-accumulates for one input.</param>
    /// <remarks>
    /// Never into single inputs: oneDNN packs weights in one way for one input on one thread and in another for one
    /// input on all threads, and they are packed for all.
    /// </remarks>
    internal static bool IsDivided(long count, int parts, long macs) =>
        parts > 1 && count % parts == 0 && count / parts > 1 && count / parts * macs >= LeastMacsOfPart;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        using var nothing = empty(0);
        foreach (var name in attributes)
            program.set_attribute(name, nothing);
        ProgramCache.Shared.Return(key, program, operators);
    }
}

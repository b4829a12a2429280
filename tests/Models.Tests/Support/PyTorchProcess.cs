using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>
/// PyTorch itself, in a process that builds modules of torch.nn source. The Python that has it is named by the
/// environment variable <c>PYTHON</c>, or is Debian's (<c>apt install python3-torch</c>), or the first one on the path.
/// Tests are skipped where there is none.
/// </summary>
public sealed class PyTorchProcess : IDisposable
{
    private readonly Process? process;
    private readonly List<string> refusals = [];

    /// <summary>Starts the process.</summary>
    public PyTorchProcess()
    {
        string?[] pythons = [Environment.GetEnvironmentVariable("PYTHON"), "/usr/bin/python3", "python3"];
        process = pythons
            .Where(python => !string.IsNullOrEmpty(python))
            .Select(python => Start(python!))
            .FirstOrDefault(started => started is not null);
    }

    /// <summary>Skips the test where there is no PyTorch.</summary>
    internal void Require()
    {
        if (process is null)
            Assert.Skip($"There is no Python with PyTorch (apt install python3-torch): {string.Join("; ", refusals)}");
    }

    /// <summary>Builds a module of torch.nn source and runs it in float64.</summary>
    /// <param name="source">The source; it sets <c>model</c>.</param>
    /// <param name="seed">Given to <c>torch.manual_seed</c> before the module is built.</param>
    /// <param name="weights">Loaded into the module, by their names.</param>
    /// <param name="input">The batch; borrowed.</param>
    internal PyTorchAnswer Run(string source, long seed, ParameterStore weights, Tensor input)
    {
        var request = new Dictionary<string, object>
        {
            ["source"] = source,
            ["seed"] = seed,
            ["weights"] = weights.StateDict.ToDictionary(pair => pair.Key, pair => PyTorchTensor.Of(pair.Value)),
            ["input"] = PyTorchTensor.Of(input),
        };
        process!.StandardInput.WriteLine(JsonSerializer.Serialize(request, JsonSerializerOptions.Web));
        process.StandardInput.Flush();
        var line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Python has ended.");
        var answer = JsonSerializer.Deserialize<PyTorchAnswer>(line, JsonSerializerOptions.Web)!;
        Assert.True(answer.Error is null, $"{answer.Error}\n{source}");
        return answer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process?.StandardInput.Close(); // the end of its input ends it
        process?.WaitForExit();
        process?.Dispose();
    }

    private Process? Start(string python)
    {
        var start = new ProcessStartInfo(
            python,
            [Repository.Path("tests", "Models.Tests", "Support", "pytorch_process.py")]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            var started = Process.Start(start)!;
            var greeting = started.StandardOutput.ReadLine();
            if (greeting == "ready")
                return started;
            refusals.Add($"{python}: {greeting}");
            started.Dispose();
        }
        catch (Win32Exception exception)
        {
            refusals.Add($"{python}: {exception.Message}");
        }

        return null;
    }
}

/// <summary>The module that PyTorch has built.</summary>
/// <param name="Initial">Its state dict as initialised, in its order.</param>
/// <param name="Logits">Its output.</param>
/// <param name="Error">The traceback of an exception; null when there was none.</param>
internal sealed record PyTorchAnswer(
    OrderedDictionary<string, PyTorchTensor> Initial,
    PyTorchTensor Logits,
    string? Error
);

/// <summary>A tensor in JSON.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Float32">Its numbers, row by row; in JSON in base64.</param>
internal sealed record PyTorchTensor(long[] Shape, byte[] Float32)
{
    /// <summary>The numbers.</summary>
    public ReadOnlySpan<float> ToFloats() => MemoryMarshal.Cast<byte, float>(Float32);

    /// <summary>A copy of a tensor on the CPU.</summary>
    public static PyTorchTensor Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var floats = tensor.to(float32).contiguous();
        return new(floats.shape, MemoryMarshal.AsBytes(TensorMemory.Elements<float>(floats)).ToArray());
    }
}

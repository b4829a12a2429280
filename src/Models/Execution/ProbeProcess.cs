using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>
/// The child process of <see cref="PlanProbe"/>: it builds a network and computes a batch of each size. The server
/// survives whatever native libraries do to this process, up to ending it.
/// </summary>
public static class ProbeProcess
{
    /// <summary>
    /// The argument that makes the server's program probe the network that the first line of its standard input
    /// describes, and end. It also ends when its standard input ends, as that of a server that is killed does.
    /// </summary>
    public const string Argument = "--trial";

    /// <summary>
    /// The exit code when there was not enough memory, which says nothing about the network: that of ENOMEM.
    /// </summary>
    internal const int OutOfMemory = 12;

    /// <summary>
    /// Probes the network that the first line of standard input describes, see <see cref="Describe"/>. Writes the name
    /// of each step to standard output before it begins, and the <see cref="ProbeResult"/> as JSON in the end.
    /// </summary>
    /// <returns>
    /// The exit code: 0, or <see cref="OutOfMemory"/>. A process that fails otherwise ends with another one, or by a
    /// signal.
    /// </returns>
    public static int Run()
    {
        var input = new StreamReader(Console.OpenStandardInput());
        using var document = JsonDocument.Parse(input.ReadLine() ?? "");
        ServerWatch.Start(input);
        var json = document.RootElement;
        var model = ResolvedModelJson.Read(
            json.GetProperty("resolved"),
            json.GetProperty("limits").Deserialize<ArchitectureLimits>()!
        );
        var result = ProbeResult.Passed;
        try
        {
            result = Probe(model, json);
        }
        catch (ServingException)
        {
            // An error that is reported does no harm: the server builds the network next, and reports the same error.
        }
        catch (Exception exception) when (NativeErrors.IsOutOfMemory(exception))
        {
            return OutOfMemory;
        }

        Step(JsonSerializer.Serialize(result));
        return 0;
    }

    private static ProbeResult Probe(ResolvedModel model, JsonElement json)
    {
        NativeRuntime.Prepare(json.GetProperty("compute").Deserialize<ComputeOptions>()!);
        Step("building it");
        using var compiled = new CompiledModel(
            model.Analysis,
            seed: 1,
            [],
            ComputeDevice.Find(json.GetProperty("device").GetString()!),
            model.Definition.Precision,
            json.GetProperty("by_plan").GetBoolean() ? null : "Computing it layer by layer is probed.",
            quantization: model.Quantization
        );
        NativeRuntime.PrepareThread();
        using var pool = new IntraBatchPool(NativeRuntime.Threads, "probe");
        foreach (
            var size in BatchQueue<object>.Sizes(Math.Min(json.GetProperty("batch").GetInt32(), compiled.MaxBatchSize))
        )
        {
            Step($"computing a batch of {size}");
            compiled.Run([new float[size * compiled.InputCount]], size, pool);
        }

        return ProbeResult.Passed with
        {
            Choice = compiled.Execution.Choice,
        };
    }

    /// <summary>The JSON object for the standard input of the process.</summary>
    /// <param name="model">The model.</param>
    /// <param name="limits">The limits that its architecture is read with.</param>
    /// <param name="compute">How it computes.</param>
    /// <param name="device">The device that it computes on.</param>
    /// <param name="byPlan">Whether it computes by its plan; otherwise layer by layer.</param>
    /// <param name="batch">The largest batch.</param>
    internal static JsonObject Describe(
        ResolvedModel model,
        ArchitectureLimits limits,
        ComputeOptions compute,
        string device,
        bool byPlan,
        int batch
    ) =>
        new()
        {
            ["resolved"] = ResolvedModelJson.Write(model),
            ["limits"] = JsonSerializer.SerializeToNode(limits),
            ["compute"] = JsonSerializer.SerializeToNode(compute),
            ["device"] = device,
            ["by_plan"] = byPlan,
            ["batch"] = batch,
        };

    private static void Step(string name)
    {
        Console.Out.WriteLine(name);
        Console.Out.Flush();
    }
}

/// <summary>The command that starts a probe.</summary>
/// <param name="Program">
/// The path of the program; null turns probing off, as for a server in the process of its tests.
/// </param>
/// <param name="Arguments">The program's arguments.</param>
public sealed record ProbeCommand(string? Program, params string[] Arguments);

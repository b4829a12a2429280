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
/// A network tried in a process of its own: built, and run with a batch of each size. What native libraries do to the process, up to ending it,
/// the server that started it survives.
/// </summary>
public static class ProbeProcess
{
    /// <summary>The argument with which the server's program tries a network that it reads from standard input, and ends.</summary>
    public const string Argument = "--trial";

    /// <summary>Tries what standard input describes; standard output says each step before it is taken.</summary>
    /// <returns>The exit code: 0, when nothing happened.</returns>
    public static int Run()
    {
        using var document = JsonDocument.Parse(Console.OpenStandardInput());
        var json = document.RootElement;
        var resolved = ResolvedModelJson.Read(
            json.GetProperty("resolved"),
            json.GetProperty("limits").Deserialize<ArchitectureLimits>()!
        );
        try
        {
            Try(resolved, json);
        }
        catch (ServingException refusal)
        {
            // Refused in words, it harms nobody; the server comes to the same and says so.
            Step(refusal.Message);
        }

        return 0;
    }

    private static void Try(ResolvedModel resolved, JsonElement json)
    {
        NativeRuntime.Prepare(json.GetProperty("compute").Deserialize<ComputeOptions>()!);
        Step("building it");
        using var model = new CompiledModel(
            resolved.Analysis,
            seed: 1,
            [],
            ComputeDevice.Find(json.GetProperty("device").GetString()!),
            resolved.Definition.Precision,
            json.GetProperty("by_plan").GetBoolean() ? null : "The module is tried."
        );
        NativeRuntime.PrepareThread();
        using var threads = new IntraBatchPool(NativeRuntime.Threads, "trial");
        foreach (
            var size in BatchQueue<object>.Sizes(Math.Min(json.GetProperty("batch").GetInt32(), model.MaxBatchSize))
        )
        {
            Step($"computing a batch of {size}");
            model.Run([new float[size * model.InputCount]], size, threads);
        }
    }

    /// <summary>What standard input is to say.</summary>
    internal static JsonObject Describe(
        ResolvedModel resolved,
        ArchitectureLimits limits,
        ComputeOptions compute,
        string device,
        bool byPlan,
        int batch
    ) =>
        new()
        {
            ["resolved"] = ResolvedModelJson.Write(resolved),
            ["limits"] = JsonSerializer.SerializeToNode(limits),
            ["compute"] = JsonSerializer.SerializeToNode(compute),
            ["device"] = device,
            ["by_plan"] = byPlan,
            ["batch"] = batch,
        };

    private static void Step(string what)
    {
        Console.Out.WriteLine(what);
        Console.Out.Flush();
    }
}

/// <summary>How a trial is started.</summary>
/// <param name="Program">The program; null where there is none, as in tests that have the server in their own process: then nothing is tried.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record ProbeCommand(string? Program, params string[] Arguments);

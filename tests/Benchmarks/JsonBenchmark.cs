using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelService.Models.Tensors;

namespace ModelService.Benchmarks;

/// <summary>Reading a tensor from JSON, on one thread.</summary>
internal static class JsonBenchmark
{
    private const int Count = 10_000_000;

    public static void Run()
    {
        var random = new Random(1);
        Measure("6 digits, flat", Text(() => random.NextSingle().ToString("f6", CultureInfo.InvariantCulture)));
        Measure("shortest, flat", Text(() => random.NextSingle().ToString("r", CultureInfo.InvariantCulture)));
        Measure("whole numbers 0 to 255, flat", Text(() => $"{random.Next(256)}"));
    }

    private static byte[] Text(Func<string> number)
    {
        var text = new StringBuilder($"{{\"shape\":[{Count}],\"data\":[");
        for (var index = 0; index < Count; index++)
            text.Append(index == 0 ? "" : ",").Append(number());
        return Encoding.ASCII.GetBytes(text.Append("]}").ToString());
    }

    private static void Measure(string name, byte[] text)
    {
        var rounds = new List<double>();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 5; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var reader = new Utf8JsonReader(text);
            reader.Read();
            _ =
                TensorJson.Read(ref reader, text.Length, "", out var error)
                ?? throw new InvalidOperationException(error!.Detail);
            rounds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var median = rounds.Order().ElementAt(rounds.Count / 2);
        Console.WriteLine(
            $"{name}: {text.Length / (double)Count:f1} bytes a number, {Count / median / 1e6:f1} million numbers a "
                + $"second, {allocated / (double)rounds.Count / Count:f1} bytes allocated a number"
        );
    }
}

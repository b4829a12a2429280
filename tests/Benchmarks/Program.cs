using System.Globalization;
using ModelService.Benchmarks;

// dotnet run -c Release --project tests/Benchmarks -- plan
switch (args)
{
    case ["plan", "profile", var network, var threads, var batch]:
        PlanProfile.Run(network, int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(batch, CultureInfo.InvariantCulture), rounds: 7);
        return 0;
    case ["plan", .. var rest]:
        PlanBenchmark.Run(rest);
        return 0;
    case ["weights"]:
        WeightsBenchmark.Run();
        return 0;
    case ["analysis"]:
        AnalysisBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("Say which: plan [--rounds N] [--only NETWORK], plan profile NETWORK THREADS BATCH, weights, analysis");
        return 1;
}

using ModelService.Benchmarks;

// dotnet run -c Release --project tests/Benchmarks -- plan
switch (args)
{
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
        Console.Error.WriteLine("Say which: plan [--rounds N] [--only NETWORK], weights, analysis");
        return 1;
}

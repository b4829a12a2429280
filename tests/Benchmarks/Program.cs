using ModelService.Benchmarks;

// dotnet run -c Release --project tests/Benchmarks -- weights
switch (args)
{
    case ["weights"]:
        WeightsBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("Say which: weights");
        return 1;
}

using System.Globalization;
using ModelService.Benchmarks;
using ModelService.Benchmarks.Load;

// dotnet run -c Release --project tests/Benchmarks -- plan
switch (args)
{
    case ["plan", "profile", var network, var threads, var batch]:
        PlanProfile.Run(network, Number(threads), Number(batch), rounds: 7);
        return 0;
    case ["plan", "gpu", .. var networks]:
        GpuPlanBenchmark.Run(networks is [] ? BenchmarkNetworks.Names : networks);
        return 0;
    case ["plan", .. var rest]:
        PlanBenchmark.Run(rest);
        return 0;
    case ["training", "beside", var network]:
        await BesideTrainingBenchmark.RunAsync(network);
        return 0;
    case ["explain", "flood"]:
        await ExplainFloodBenchmark.RunAsync();
        return 0;
    case ["explain", .. var rest]:
        ExplainBenchmark.Run(rest is [var only] ? only : null);
        return 0;
    case ["training"]:
        TrainingBenchmark.Run();
        return 0;
    case ["weights"]:
        WeightsBenchmark.Run();
        return 0;
    case ["analysis"]:
        AnalysisBenchmark.Run();
        return 0;
    case ["instances"]:
        InstancesBenchmark.Run();
        return 0;
    case ["share"]:
        await FairShareBenchmark.RunAsync();
        return 0;
    case ["share", "http", .. var models]:
        await LoadBenchmark.ShareAsync(models);
        return 0;
    case ["images"]:
        ImagesBenchmark.Run();
        return 0;
    case ["load", var network, .. var rest]:
        await LoadBenchmark.ClientsAsync(network, rest is [var precision] ? precision : "float32");
        return 0;
    case ["json"]:
        JsonBenchmark.Run();
        return 0;
    case ["infer"]:
        await InferBenchmark.RunAsync();
        return 0;
    case ["lanes"]:
        await LanesBenchmark.RunAsync();
        return 0;
    case ["flood"]:
        await FloodBenchmark.RunAsync();
        return 0;
    case ["alone", var network]:
        await LoadBenchmark.AloneAsync(network);
        return 0;
    case ["first", var network]:
        await LoadBenchmark.FirstAsync(network);
        return 0;
    case ["overload", var network, var seconds]:
        await LoadBenchmark.OverloadAsync(network, TimeSpan.FromSeconds(Number(seconds)));
        return 0;
    case ["refuse"]:
        await LoadBenchmark.RefuseAsync();
        return 0;
    case ["soak", var minutes]:
        await LoadBenchmark.SoakAsync(Number(minutes));
        return 0;
    default:
        Console.Error.WriteLine(
            """
            Say which:
              plan [--rounds N] [--only NETWORK]      ms per image by module and by plan
              plan gpu [NETWORK...]                   ms per image on a GPU, by module and by plan
              plan profile NETWORK THREADS BATCH      where a plan's time goes, by operator
              training                                images per second, beside PyTorch
              training beside NETWORK                 predictions beside a training
              explain [NETWORK]                       Grad-CAM and occlusion beside predictions
              explain flood                           predictions beside a flood of explanations
              weights                                 opening and loading weights files
              analysis                                analysing ResNet-152
              instances                               ResNet-50 by batches at once and threads of each
              share                                   models that are used beside a flooded one, inside of the server
              json                                    reading a tensor of ten million numbers
              infer                                   a batch of tensors by its encoding
              lanes                                   predictions and loads beside slow requests
              flood                                   predictions beside an attack on the memory
              share http [MODEL ...]                  the same, as their clients see it
              images                                  from a photo's bytes to a network's input
              load NETWORK|lesson [PRECISION]         the server by the number of its clients
              alone NETWORK                           what batching costs a single client
              first NETWORK                           the first requests to a new model
              overload NETWORK SECONDS                five times more requests than can be answered
              refuse                                  processor time that a refusal takes
              soak MINUTES                            mixed traffic at 70 % while models come and go
            """
        );
        return 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

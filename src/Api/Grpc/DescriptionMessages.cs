using ModelService.Api.OpenInference;
using ModelService.Protocol;
using TensorMessage = ModelService.Protocol.ModelMetadataResponse.Types.TensorMetadata;

namespace ModelService.Api.Grpc;

/// <summary>What REST writes as JSON, as messages.</summary>
internal static class DescriptionMessages
{
    /// <summary>The server.</summary>
    public static ServerMetadataResponse ToMessage(this ServerDescription server)
    {
        var message = new ServerMetadataResponse { Name = server.Name, Version = server.Version };
        message.Extensions.AddRange(server.Extensions);
        return message;
    }

    /// <summary>A model.</summary>
    public static ModelMetadataResponse ToMessage(this ModelDescription model)
    {
        var message = new ModelMetadataResponse { Name = model.Name, Platform = model.Platform };
        message.Versions.AddRange(model.Versions);
        message.Inputs.AddRange(model.Inputs.Select(ToMessage));
        message.Outputs.AddRange(model.Outputs.Select(ToMessage));
        return message;
    }

    /// <summary>A model's configuration.</summary>
    public static ModelConfig ToMessage(this ModelConfiguration configuration)
    {
        var message = new ModelConfig
        {
            Name = configuration.Name,
            Platform = configuration.Platform,
            MaxBatchSize = configuration.MaxBatchSize,
        };
        foreach (var input in configuration.Input)
        {
            var tensor = new ModelInput
            {
                Name = input.Name,
                DataType = ParseType(input.DataType),
                Optional = input.Optional,
            };
            tensor.Dims.AddRange(input.Dims);
            message.Input.Add(tensor);
        }

        foreach (var output in configuration.Output)
        {
            var tensor = new ModelOutput { Name = output.Name, DataType = ParseType(output.DataType) };
            tensor.Dims.AddRange(output.Dims);
            message.Output.Add(tensor);
        }

        return message;
    }

    /// <summary>Counts.</summary>
    public static ModelStatisticsResponse ToMessage(this StatisticsResponse statistics)
    {
        var message = new ModelStatisticsResponse();
        message.ModelStats.AddRange(statistics.ModelStats.Select(ToMessage));
        return message;
    }

    /// <summary>The index of the repository.</summary>
    public static RepositoryIndexResponse ToMessage(this IEnumerable<IndexEntry> index)
    {
        var message = new RepositoryIndexResponse();
        message.Models.AddRange(
            index.Select(entry => new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = entry.Name,
                Version = entry.Version,
                State = entry.State,
                Reason = entry.Reason,
            })
        );
        return message;
    }

    private static TensorMessage ToMessage(TensorDescription tensor)
    {
        var message = new TensorMessage { Name = tensor.Name, Datatype = tensor.Datatype };
        message.Shape.AddRange(tensor.Shape);
        return message;
    }

    private static ModelStatistics ToMessage(StatisticsResponse.ModelCounts counts)
    {
        var stages = counts.InferenceStats;
        var message = new ModelStatistics
        {
            Name = counts.Name,
            Version = counts.Version,
            LastInference = (ulong)counts.LastInference,
            InferenceCount = (ulong)counts.InferenceCount,
            ExecutionCount = (ulong)counts.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = ToMessage(stages.Success),
                Fail = ToMessage(stages.Fail),
                Queue = ToMessage(stages.Queue),
                ComputeInput = ToMessage(stages.ComputeInput),
                ComputeInfer = ToMessage(stages.ComputeInfer),
                ComputeOutput = ToMessage(stages.ComputeOutput),
                CacheHit = ToMessage(stages.CacheHit),
                CacheMiss = ToMessage(stages.CacheMiss),
            },
        };
        message.MemoryUsage.AddRange(
            counts.MemoryUsage.Select(memory => new MemoryUsage
            {
                Type = memory.Type,
                Id = memory.Id,
                ByteSize = (ulong)memory.ByteSize,
            })
        );
        return message;
    }

    private static StatisticDuration ToMessage(StatisticsResponse.Duration duration) =>
        new() { Count = (ulong)duration.Count, Ns = (ulong)duration.Ns };

    private static DataType ParseType(string name) => name == "TYPE_STRING" ? DataType.TypeString : DataType.TypeFp32;
}

//! Matrices and vectors of a file, in the form in which they are multiplied.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{DType, Device, Error, Module, Result, Tensor};
use rayon::ThreadPool;
use rushlight_kernels::{self as kernels, BlockType, Input, Memory, WrongSize};

use crate::gguf::Gguf;

/// A matrix.
pub(crate) enum Matrix {
    /// Of a type that the kernels know.
    Packed(kernels::Matrix),
    /// Of another: floats, or bits that are rare.
    Candle { weights: QMatMul, rows: usize },
}

/// Rows that several matrices are multiplied with.
pub(crate) struct Rows<'a> {
    values: &'a [f32],
    columns: usize,
    input: &'a mut Input,
    rounded: bool,
}

impl<'a> Rows<'a> {
    /// Rows of so many values that stand behind each other. `input` is memory to round them in.
    pub(crate) fn new(values: &'a [f32], columns: usize, input: &'a mut Input) -> Self {
        Self {
            values,
            columns,
            input,
            rounded: false,
        }
    }

    fn input(&mut self) -> &Input {
        if !self.rounded {
            self.input.set(self.values, self.columns);
            self.rounded = true;
        }
        self.input
    }
}

impl Matrix {
    /// Values of a product.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Packed(matrix) => matrix.rows(),
            Self::Candle { rows, .. } => *rows,
        }
    }

    /// The product with every row, in rows behind each other.
    pub(crate) fn multiply(&self, rows: &mut Rows<'_>, output: &mut Vec<f32>) -> Result<()> {
        let count = rows.values.len() / rows.columns;
        match self {
            Self::Packed(matrix) => {
                output.resize(count * matrix.rows(), 0.0);
                matrix.multiply(rows.input(), output);
            }
            Self::Candle { weights, .. } => {
                let input = Tensor::from_slice(rows.values, (count, rows.columns), &Device::Cpu)?;
                let product = weights.forward(&input)?.to_dtype(DType::F32)?;
                *output = product.flatten_all()?.to_vec1()?;
            }
        }
        Ok(())
    }

    /// Rows of the matrix, looked up.
    pub(crate) fn look_up(&self, at: &[u32], columns: usize, output: &mut Vec<f32>) -> Result<()> {
        output.resize(at.len() * columns, 0.0);
        if let Some(beyond) = at.iter().find(|row| **row as usize >= self.rows()) {
            return Err(Error::Msg(format!("token {beyond} of {}", self.rows())));
        }
        match self {
            Self::Packed(matrix) => {
                for (row, output) in at.iter().zip(output.chunks_exact_mut(columns)) {
                    matrix.row(*row as usize, output);
                }
            }
            Self::Candle { weights, .. } => {
                let at = Tensor::new(at, &Device::Cpu)?;
                let found = match weights {
                    QMatMul::Tensor(table) | QMatMul::TensorF16(table) => table.index_select(&at, 0)?,
                    QMatMul::QTensor(table) => table.embedding(&at)?,
                };
                *output = found.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
            }
        }
        Ok(())
    }
}

/// Reads named tensors of a file.
pub(crate) struct Reader<'a> {
    gguf: &'a Gguf,
    reader: BufReader<&'a File>,
    /// Threads that read and repack.
    threads: &'a ThreadPool,
    memory: Memory,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(gguf: &'a Gguf, threads: &'a ThreadPool) -> Self {
        Self {
            gguf,
            reader: BufReader::new(gguf.file()),
            threads,
            memory: Memory::new(),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.gguf.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.gguf.content.tensor(&mut self.reader, name, &Device::Cpu)
    }

    /// The matrix `name.weight`, which must be of this shape.
    pub(crate) fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let name = format!("{name}.weight");
        let (dtype, start) = self.find(&name, &[rows, columns])?;
        match known(dtype, columns) {
            Some(block) => self.packed(&name, block, start, rows, columns),
            None => Ok(Matrix::Candle {
                weights: QMatMul::from_qtensor(self.tensor(&name)?)?,
                rows,
            }),
        }
    }

    /// A matrix of this shape for each of some experts: `name_exps.weight` has them behind each other, or each has a tensor of its own,
    /// as files have that were written before 2024.
    pub(crate) fn experts(
        &mut self,
        name: &str,
        experts: usize,
        rows: usize,
        columns: usize,
    ) -> Result<Vec<Matrix>> {
        let together = format!("{name}_exps.weight");
        if !self.has(&together) {
            let each = (0..experts).map(|expert| self.matrix(&format!("{name}.{expert}"), rows, columns));
            return each.collect();
        }
        let (dtype, start) = self.find(&together, &[experts, rows, columns])?;
        let Some(block) = known(dtype, columns) else {
            let all = self.tensor(&together)?.dequantize(&Device::Cpu)?;
            let each = (0..experts).map(|expert| {
                let weights = QMatMul::Tensor(all.get(expert)?);
                Ok(Matrix::Candle { weights, rows })
            });
            return each.collect();
        };
        let size = kernels::Matrix::stored_bytes(block, rows, columns).map_err(Error::wrap)? as u64;
        let starts = (0..experts as u64).map(|expert| start.saturating_add(expert.saturating_mul(size)));
        starts
            .map(|start| self.packed(&together, block, start, rows, columns))
            .collect()
    }

    /// How the tensor `name` is stored, which must be of this shape, and where it begins.
    fn find(&self, name: &str, shape: &[usize]) -> Result<(GgmlDType, u64)> {
        let Some(info) = self.gguf.content.tensor_infos.get(name) else {
            return Err(Error::Msg(format!("`{name}` is missing")));
        };
        if info.shape.dims() != shape {
            return Err(Error::Msg(format!(
                "`{name}` is of {:?}, not {shape:?}",
                info.shape.dims()
            )));
        }
        let start = (self.gguf.content.tensor_data_offset).saturating_add(info.offset);
        Ok((info.ggml_dtype, start))
    }

    /// The matrix that begins at this byte, repacked.
    fn packed(
        &mut self,
        name: &str,
        block: BlockType,
        start: u64,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        let size = kernels::Matrix::stored_bytes(block, rows, columns).map_err(Error::wrap)?;
        let file = self.gguf.file();
        // Before memory for it is asked for.
        if start.saturating_add(size as u64) > file.metadata()?.len() {
            return Err(Error::Msg(format!("`{name}` lies beyond the end of the file")));
        }
        let read = |at: usize, part: &mut [u8]| read_at(file, start + at as u64, part).map_err(Failed::Read);
        let memory = &mut self.memory;
        self.threads
            .install(|| kernels::Matrix::pack_from(block, rows, columns, memory, read))
            .map(Matrix::Packed)
            .map_err(Error::wrap)
    }

    /// The vector `name`, which must be of this length.
    pub(crate) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        let values: Vec<f32> = self
            .tensor(name)?
            .dequantize(&Device::Cpu)?
            .flatten_all()?
            .to_vec1()?;
        match values.len() == length {
            true => Ok(values),
            false => Err(Error::Msg(format!(
                "`{name}` has {} values, not {length}",
                values.len()
            ))),
        }
    }

    /// As [`Reader::vector`], where it may be missing.
    pub(crate) fn find_vector(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>> {
        match self.has(name) {
            true => self.vector(name, length).map(Some),
            false => Ok(None),
        }
    }
}

/// Why a matrix could not be repacked.
#[derive(Debug)]
enum Failed {
    Shape(WrongSize),
    Read(io::Error),
}

impl From<WrongSize> for Failed {
    fn from(shape: WrongSize) -> Self {
        Self::Shape(shape)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(out),
            Self::Read(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for Failed {}

/// Fills the part with what stands in the file from a byte on, wherever its cursor is.
#[cfg(unix)]
fn read_at(file: &File, start: u64, part: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, part, start)
}

/// Fills the part with what stands in the file from a byte on.
#[cfg(windows)]
fn read_at(file: &File, mut start: u64, mut part: &mut [u8]) -> io::Result<()> {
    while !part.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, part, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                part = &mut part[read..];
                start += read as u64;
            }
        }
    }
    Ok(())
}

/// The type in which the kernels know such rows.
fn known(dtype: GgmlDType, columns: usize) -> Option<BlockType> {
    block_type(dtype).filter(|block| block.row_bytes(columns).is_some())
}

fn block_type(dtype: GgmlDType) -> Option<BlockType> {
    match dtype {
        GgmlDType::Q4_0 => Some(BlockType::Q4_0),
        GgmlDType::Q4_1 => Some(BlockType::Q4_1),
        GgmlDType::Q5_0 => Some(BlockType::Q5_0),
        GgmlDType::Q5_1 => Some(BlockType::Q5_1),
        GgmlDType::Q8_0 => Some(BlockType::Q8_0),
        GgmlDType::Q4K => Some(BlockType::Q4K),
        GgmlDType::Q5K => Some(BlockType::Q5K),
        GgmlDType::Q6K => Some(BlockType::Q6K),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_weights_are_what_candle_reads() {
        let (rows, columns) = (20, 512);
        let values: Vec<f32> = (0..rows * columns)
            .map(|at| ((at * 37 % 101) as f32 - 50.0) * (1.0 + (at / 700) as f32))
            .collect();
        let values = Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("a tensor");
        for dtype in [
            GgmlDType::Q4_0,
            GgmlDType::Q4_1,
            GgmlDType::Q5_0,
            GgmlDType::Q5_1,
            GgmlDType::Q8_0,
            GgmlDType::Q4K,
            GgmlDType::Q5K,
            GgmlDType::Q6K,
        ] {
            let tensor = QTensor::quantize(&values, dtype).expect("quantised");
            let exact: Vec<Vec<f32>> = (tensor.dequantize(&Device::Cpu))
                .and_then(|tensor| tensor.to_vec2())
                .expect("values");
            let block = block_type(dtype).expect("known");
            let packed = kernels::Matrix::pack(block, &tensor.data().expect("bytes"), rows, columns)
                .expect("a matrix");
            let largest = exact.iter().flatten().fold(0f32, |a, b| a.max(b.abs()));
            let mut row = vec![0.0; columns];
            for (at, exact) in exact.iter().enumerate() {
                packed.row(at, &mut row);
                for (ours, exact) in row.iter().zip(exact) {
                    assert!(
                        (ours - exact).abs() <= largest * 1e-6,
                        "{dtype:?}: {ours} for {exact}"
                    );
                }
            }
        }
    }
}

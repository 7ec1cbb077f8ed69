//! TensorBoard events of a run, read by another way than they are written.

use std::path::Path;

use bogam_train::Settings;

use crate::running::{Recorder, Site, settings};

/// CRC-32C by long division, the highest bit first: bits of the bytes and of the result are turned round.
fn crc(bytes: &[u8]) -> u32 {
    let mut rest = u32::MAX;
    for byte in bytes {
        for bit in 0..8 {
            let next = u32::from(byte >> bit & 1);
            let out = (rest >> 31) ^ next;
            rest = (rest << 1) ^ if out == 1 { 0x1EDC_6F41 } else { 0 };
        }
    }
    !rest.reverse_bits()
}

fn check(data: &[u8], sum: &[u8]) {
    let sum = u32::from_le_bytes(sum.try_into().unwrap()).wrapping_sub(0xA282_EAD8);
    assert_eq!(sum.rotate_left(15), crc(data));
}

/// Fields of a message: key, and its bytes or number.
fn fields(mut data: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut all = Vec::new();
    while !data.is_empty() {
        let mut varint = || {
            let mut n = 0_u64;
            for shift in (0..).step_by(7) {
                let byte = data[0];
                data = &data[1..];
                n |= u64::from(byte & 127) << shift;
                if byte < 128 {
                    break;
                }
            }
            n
        };
        let key = varint();
        let length = match key & 7 {
            0 => {
                let n = varint();
                all.push((key >> 3, n.to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => varint() as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = data.split_at(length);
        all.push((key >> 3, value.to_vec()));
        data = rest;
    }
    all
}

fn field(data: &[u8], number: u64) -> Option<Vec<u8>> {
    fields(data).into_iter().find(|(key, _)| *key == number).map(|(_, value)| value)
}

/// Tag, step and value of each event, after the sums of all records were checked.
pub fn read(folder: &Path) -> Vec<(String, u64, f32)> {
    let bytes = std::fs::read(folder.join("events.out.tfevents.bogam")).unwrap();
    let (mut rest, mut all, mut times) = (bytes.as_slice(), Vec::new(), Vec::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        check(&rest[..8], &rest[8..12]);
        let data = &rest[12..12 + length];
        check(data, &rest[12 + length..16 + length]);
        rest = &rest[16 + length..];
        times.push(f64::from_le_bytes(field(data, 1).unwrap().try_into().unwrap()));
        if all.is_empty() && field(data, 3).is_some() {
            assert_eq!(field(data, 3).unwrap(), b"brain.Event:2");
            continue;
        }
        let step = u64::from_le_bytes(field(data, 2).unwrap().try_into().unwrap());
        let value = field(&field(data, 5).unwrap(), 1).unwrap();
        let tag = String::from_utf8(field(&value, 1).unwrap()).unwrap();
        all.push((tag, step, f32::from_le_bytes(field(&value, 2).unwrap().try_into().unwrap())));
    }
    assert!(times.iter().all(|time| *time > 1.7e9) && times.is_sorted(), "{times:?}");
    all
}

#[test]
fn events_hold_each_loss_once_and_an_image_of_the_curves_stands_beside_them() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let settings = Settings { patience: None, ..settings() };
    let report = site.run(&settings, folder.path(), false, &mut Recorder::default()).unwrap();
    let events = read(folder.path());
    let of = |tag: &str| -> Vec<(u64, f32)> {
        events.iter().filter(|(t, _, _)| t == tag).map(|(_, step, value)| (*step, *value)).collect()
    };
    let told = |losses: &[(usize, f64)]| -> Vec<(u64, f32)> {
        losses.iter().map(|(step, loss)| (*step as u64, *loss as f32)).collect()
    };
    assert_eq!(of("loss/train"), told(&report.train_loss));
    assert_eq!(of("loss/validation"), told(&report.validation_loss));
    let rates: Vec<(usize, f64)> = (1..=8).map(|step| (step, settings.rate(step - 1, 8))).collect();
    assert_eq!(of("learning_rate"), told(&rates));
    assert_eq!(events.len(), 8 + 8 + report.validation_loss.len());
    let image = std::fs::read_to_string(folder.path().join("loss.svg")).unwrap();
    assert!(image.contains("at step 8;") && image.contains("nats a token"), "{image}");
}
